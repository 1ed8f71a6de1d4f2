// Buttons under the message of a bot. What was pressed waits until the bot has changed the message or said something.

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask, problemOf, type Button as OneButton, type ButtonStyle, type Buttons as Buttoned, type Row } from '../core';
import { problemWords, t } from '../i18n';
import { Button, cx, Icon } from '../ui';
import look from '../ui/Button.module.css';
import bodies from './Bodies.module.css';
import { Words } from './Bodies';
import type { Pane } from './pane';
import css from './Post.module.css';
import { nameIn } from './words';

/** How long a bot is waited for before one is told that it says nothing. */
const PATIENCE_MS = 10_000;

interface Pressed {
  button: string;
  /** How the message was when it was pressed, and the newest row of then. */
  editedAt: number | null;
  newest: number;
  state: 'waiting' | 'silent' | 'refused';
  problem: string;
}

/** What was pressed, by the row's id. Rows come and go with the scrolling, so it is kept here. */
const pressed = signal<ReadonlyMap<string, Pressed>>(new Map());

function note(row: string, change: Pressed | null): void {
  const next = new Map(pressed.peek());
  if (change) next.set(row, change);
  else next.delete(row);
  pressed.value = next;
}

const newestOf = (pane: Pane): number => pane.thread.rows.peek().findLast(({ seq }) => seq !== null)?.seq ?? 0;

/** Whether the author has done anything since. */
function answered(pane: Pane, row: Row, { editedAt, newest }: Pressed): boolean {
  return row.edited_at !== editedAt || pane.thread.rows.value.some(({ seq, author, message }) => message && author === row.author && (seq ?? 0) > newest);
}

async function press(pane: Pane, row: Row, button: string): Promise<void> {
  const now: Pressed = { button, editedAt: row.edited_at, newest: newestOf(pane), state: 'waiting', problem: '' };
  note(row.id, now);
  const later = (state: Pressed['state'], problem = '') => {
    if (pressed.peek().get(row.id) === now) note(row.id, { ...now, state, problem });
  };
  try {
    await ask('POST', `/conversations/${row.conversation}/entries/${row.seq}/presses`, { body: { button } });
    setTimeout(() => later('silent'), PATIENCE_MS);
  } catch (error) {
    later('refused', problemWords(problemOf(error)));
  }
}

const KINDS: Record<ButtonStyle, 'primary' | 'plain' | 'danger'> = { primary: 'primary', plain: 'plain', danger: 'danger' };

export function Buttons({ pane, row, buttons: { text, rows } }: { pane: Pane; row: Row; buttons: Buttoned }) {
  const held = pressed.value.get(row.id);
  const done = held !== undefined && answered(pane, row, held);
  useEffect(() => { if (done) note(row.id, null); }, [done]);
  const now = done ? undefined : held;
  return (
    <div class={css.post}>
      <Words pane={pane} row={row} text={text} />
      {rows.map((line, index) => (
        <div key={index} class={bodies.buttons} role="group" aria-label={t('bots.buttons')}>
          {line.map((button, place) => <One key={place} pane={pane} row={row} button={button} pressed={now} />)}
        </div>
      ))}
      {now && now.state !== 'waiting' && (
        <p class={bodies.small} role={now.state === 'refused' ? 'alert' : 'status'}>
          {now.state === 'silent' ? t('bots.silent', { name: nameIn(pane.view, row.author) }) : t('bots.refused', { reason: now.problem })}
        </p>
      )}
    </div>
  );
}

/** The host of an address of the web, as every browser reads it; nothing of any other. */
function hostOf(url: string): string | null {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) return null;
  return new URL(url).host;
}

function One({ pane, row, button: { label, style, does }, pressed: now }: { pane: Pane; row: Row; button: OneButton; pressed: Pressed | undefined }) {
  const words = <bdi>{label}</bdi>;
  if ('open' in does) {
    const host = hostOf(does.open);
    if (host === null) return null;
    return (
      <a class={cx(look.button, look.plain, look.small)} href={does.open} title={t('bots.opens', { host })} target="_blank" rel="noopener noreferrer nofollow">
        <Icon name="link" size={16} />{words} <bdi class={bodies.small}>{host}</bdi>
      </a>
    );
  }
  if (!('press' in does)) return null;
  const id = does.press;
  const waiting = now?.state === 'waiting';
  return (
    <Button size="small" kind={KINDS[style] ?? 'plain'} busy={waiting && now.button === id} disabled={(waiting && now.button !== id) || row.seq === null} onClick={() => void press(pane, row, id)}>
      {words}
    </Button>
  );
}
