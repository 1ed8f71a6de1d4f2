// One chat: what was said, how far it has got, and where one writes.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ConversationState } from '../core/conversation';
import type { Row, To } from '../core/model';
import { rowOfOutgoing } from '../core/rows';
import { anchorOf, scrollTopFor, sticks, type Anchor, type Placed } from '../core/window';
import { Bubble } from './Bubble';
import { Composer } from './Composer';
import css from './Embed.module.css';
import { day, problemWords, t } from './i18n';
import { Picture } from './Media';
import { nameOf, openPane, type Pane } from './pane';
import { Icon, IconButton, Waiting } from './parts';
import type { Session } from './session';
import { words } from './words';

/** Nearer to the top than this, more is loaded. */
const LOAD_PX = 400;
/** How long a message stands out to which one was led. */
const FLASH_MS = 700;

export function Chat({ session, to }: { session: Session; to: To }) {
  const chat = session.chat(to);
  const ready = session.state.value?.ready.value ?? false;
  const open = useMemo(openPane, []);
  const pane: Pane = { ...open, session, to: chat ? { conversation: chat.id } : to, chat };
  const closed = chat !== null && chat.writable.value !== 'open';
  return (
    <>
      {chat ? <Thread key={chat.id} pane={pane} chat={chat} /> : ready ? <Beginning pane={pane} /> : <Waiting />}
      <Problems session={session} />
      {closed ? <p class={css.closed}>{t('chat.closed')}</p> : <Composer pane={pane} />}
      {pane.picture.value && <Picture session={session} info={pane.picture.value} onClose={() => { pane.picture.value = null; }} />}
    </>
  );
}

/** What was asked for and did not work. */
function Problems({ session }: { session: Session }) {
  const problem = session.problem.value;
  return (
    <div role="alert">
      {problem && <p class={css.problem}><span>{problemWords(problem)}</span><IconButton icon="close" label={t('common.dismiss')} onClick={() => { session.problem.value = null; }} /></p>}
    </div>
  );
}

/** A chat that is not there yet: with the first message it will be. */
function Beginning({ pane }: { pane: Pane }) {
  const { to } = pane;
  const state = pane.session.state.value;
  const here = (other: To): boolean => 'user' in other && 'user' in to && other.user.toLowerCase() === to.user.toLowerCase();
  const waiting = [...(state?.outgoing.value.values() ?? [])].filter((item) => here(item.to)).sort((one, other) => one.order - other.order);
  if (waiting.length === 0) return <div class={css.notice}><h2>{t('chat.noMessages')}</h2><p>{t('chat.noMessagesText')}</p></div>;
  return (
    <div class={css.frame}>
      <div class={css.scroll} role="log" aria-label={t('chat.messages')} tabIndex={0}>
        <div class={css.inner}>
          {waiting.map((item) => <Bubble key={item.key} pane={pane} row={rowOfOutgoing(item, 0, state?.user ?? '', state?.progress.value.get(item.key) ?? null)} first />)}
        </div>
      </div>
    </div>
  );
}

function* placed(box: HTMLElement): Iterable<Placed> {
  for (const { dataset, offsetTop, offsetHeight } of box.querySelectorAll<HTMLElement>('[data-row]')) yield { id: dataset.row ?? '', top: offsetTop, height: offsetHeight };
}

function Thread({ pane, chat }: { pane: Pane; chat: ConversationState }) {
  const { session } = pane;
  const thread = useMemo(() => session.openThread(chat), [chat]);
  useEffect(() => {
    pane.thread.value = thread;
    return () => {
      pane.thread.value = null;
      thread.close();
    };
  }, [thread]);
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor | null>(null);
  const stuck = useRef(true);
  const [far, setFar] = useState(false);
  const rows = thread.rows.value.filter(({ message }) => message);
  const firstUnread = thread.firstUnread.value;
  const loading = thread.loading.value;
  const shown = session.shown.value;

  const look = (): void => {
    const view = box.current;
    if (!view || view.clientHeight === 0) return;
    stuck.current = sticks(view) && thread.atEnd.peek();
    anchor.current = anchorOf(placed(view), view.scrollTop);
    setFar(!stuck.current && (!thread.atEnd.peek() || view.scrollHeight - view.scrollTop - view.clientHeight > view.clientHeight / 2));
    if (stuck.current) thread.seen(chat.meta.peek().head);
    if (thread.loading.peek() !== 'none' || thread.problem.peek()) return;
    if (view.scrollTop < LOAD_PX && !thread.atStart.peek()) void thread.pageUp();
    else if (sticks(view) && !thread.atEnd.peek()) void thread.pageDown();
  };
  const settle = (): void => {
    const view = box.current;
    if (!view) return;
    const top = stuck.current ? view.scrollHeight : anchor.current && scrollTopFor(anchor.current, placed(view), view.scrollTop);
    if (top !== null) view.scrollTop = top;
  };
  useLayoutEffect(() => {
    settle();
    look();
  }, [rows.length, rows.at(-1)?.id, loading, shown]);
  useEffect(() => {
    const again = (): void => { settle(); look(); };
    const sizes = new ResizeObserver(again);
    if (inner.current) sizes.observe(inner.current);
    if (box.current) sizes.observe(box.current);
    addEventListener('resize', again);
    return () => {
      sizes.disconnect();
      removeEventListener('resize', again);
    };
  }, []);
  useEffect(() => {
    if (!shown) return;
    // A frame that is not shown has no size, and does not hear of the one it gets: it looks when it is drawn.
    const drawn = requestAnimationFrame(() => { settle(); look(); });
    return () => cancelAnimationFrame(drawn);
  }, [shown]);

  const toEnd = (): void => session.act(thread.jump('newest').then(() => { stuck.current = true; settle(); }));
  const said = pane.said.value;
  useEffect(() => { if (said > 0) toEnd(); }, [said]);
  const target = pane.target.value;
  useEffect(() => {
    if (target === null) return;
    const row = (): HTMLElement | null | undefined => box.current?.querySelector<HTMLElement>(`[data-seq="${target}"]`);
    stuck.current = false;
    pane.target.value = null;
    session.act((row() ? Promise.resolve() : thread.jump(target)).then(() => requestAnimationFrame(() => {
      const found = row();
      found?.scrollIntoView({ block: 'center' });
      found?.animate([{ opacity: .3 }, { opacity: 1 }], FLASH_MS);
    })));
  }, [target]);

  const problem = thread.problem.value;
  const typers = chat.typing.value;
  const group = chat.meta.value.kind === 'group';
  return (
    <div class={css.frame}>
      <div ref={box} class={css.scroll} role="log" aria-label={t('chat.messages')} aria-live="off" tabIndex={0} onScroll={look}>
        <div ref={inner} class={css.inner}>
          {problem && (
            <div class={css.notice} role="alert"><h2>{t('chat.loadProblem')}</h2><p>{problemWords(problem)}</p><button type="button" class={css.button} onClick={() => void thread.pageUp()}>{t('common.retry')}</button></div>
          )}
          {rows.length === 0 && thread.atStart.value && !problem && <div class={css.notice}><h2>{t('chat.noMessages')}</h2><p>{t('chat.noMessagesText')}</p></div>}
          {rows.map((row, index) => {
            const before = rows[index - 1];
            const newDay = !before || new Date(before.at).toDateString() !== new Date(row.at).toDateString();
            return [
              newDay && <div key={`day ${row.id}`} class={css.day}><span>{day(row.at)}</span></div>,
              firstUnread !== null && row.seq === firstUnread && <div key="new" class={css.unread} role="separator" aria-label={t('chat.newMessages')}><span>{t('chat.newMessages')}</span></div>,
              <Bubble key={row.id} pane={pane} row={row} rows={rows} first={newDay || before?.author !== row.author} />,
            ];
          })}
        </div>
      </div>
      {far && <Latest onJump={toEnd} />}
      <Announcer pane={pane} chat={chat} rows={rows} />
      <p class={css.typing} role="status">{typers[0] !== undefined && (group ? t('chat.whoTypes', { name: nameOf(pane, typers[0]) }) : t('chat.typing'))}</p>
    </div>
  );
}

/** Says what others write while the chat is open; not what is loaded from before, nor what was there and has changed. */
function Announcer({ pane, chat, rows }: { pane: Pane; chat: ConversationState; rows: readonly Row[] }) {
  const head = useRef(chat.meta.peek().head);
  const [said, setSaid] = useState('');
  const last = rows.at(-1);
  useEffect(() => {
    if (!last || last.seq === null || last.seq <= head.current) return;
    head.current = last.seq;
    if (!last.mine) setSaid(`${nameOf(pane, last.author)}: ${words(last)}`);
  }, [last?.id]);
  return <p class="hidden-text" role="status">{said}</p>;
}

function Latest({ onJump }: { onJump: () => void }) {
  return (
    <button type="button" class={css.jump} aria-label={t('chat.jumpLatest')} title={t('chat.jumpLatest')} onClick={onJump}>
      <Icon name="down" />
    </button>
  );
}
