// Buttons under the message of a bot. What was pressed waits until the bot has changed the message or said something.

import { useEffect } from 'preact/hooks';
import { ask, type Button as OneButton, type Buttons as Buttoned, type Row } from '../core';
import { hostOf, isAnswered, Pressing, type Pressed } from '../core/pressing';
import { problemWords, t } from '../i18n';
import { Button, cx, Icon } from '../ui';
import look from '../ui/Button.module.css';
import bodies from './Bodies.module.css';
import { Words } from './Bodies';
import type { Pane } from './pane';
import css from './Post.module.css';
import { nameIn } from './words';

const pressing = new Pressing((row, button) => ask('POST', `/conversations/${row.conversation}/entries/${row.seq}/presses`, { body: { button } }));

export function Buttons({ pane, row, buttons: { text, rows } }: { pane: Pane; row: Row; buttons: Buttoned }) {
  const held = pressing.of(row);
  // Only who waits hears of every new message.
  const answered = held !== undefined && isAnswered(row, pane.thread.rows.value, held);
  useEffect(() => { if (answered) pressing.done(row); }, [answered]);
  const now = answered ? undefined : held;
  return (
    <div class={css.post}>
      <Words pane={pane} row={row} text={text} />
      {rows.map((line, index) => (
        <div key={index} class={bodies.buttons} role="group" aria-label={t('bots.buttons')}>
          {line.map((button, place) => <One key={place} row={row} button={button} pressed={now} onPress={(id) => void pressing.press(row, pane.thread.rows.peek(), id)} />)}
        </div>
      ))}
      {now?.state === 'silent' && <p class={bodies.small} role="status">{t('bots.silent', { name: nameIn(pane.view, row.author) })}</p>}
      {now?.problem && <p class={bodies.small} role="alert">{t('bots.refused', { reason: problemWords(now.problem) })}</p>}
    </div>
  );
}

function One({ row, button: { label, style, does }, pressed, onPress }: { row: Row; button: OneButton; pressed: Pressed | undefined; onPress: (id: string) => void }) {
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
  const waiting = pressed?.state === 'waiting';
  // A look of a newer server is plain here.
  const kind = style === 'primary' || style === 'danger' ? style : 'plain';
  return (
    <Button size="small" kind={kind} busy={waiting && pressed.button === id} disabled={(waiting && pressed.button !== id) || row.seq === null} onClick={() => onPress(id)}>
      {words}
    </Button>
  );
}
