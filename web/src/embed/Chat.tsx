// One chat: what was said, how far it has got, and where one writes.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ConversationState } from '../core/conversation';
import type { Row, SendState, To } from '../core/model';
import { rowOfOutgoing } from '../core/rows';
import type { ThreadState } from '../core/thread';
import { anchorOf, scrollTopFor, sticks, type Anchor, type Placed } from '../core/window';
import { hueOf } from '../ui/Avatar';
import { composing } from '../ui/composing';
import { cx } from '../ui/cx';
import { Markdown } from '../ui/Markdown';
import { Buttons } from './Buttons';
import css from './Embed.module.css';
import { clock, day, problemWords, t } from './i18n';
import { Media } from './Media';
import { Icon, Waiting, type IconName } from './parts';
import type { Session } from './session';
import { words } from './words';

/** Nearer to the top than this, more is loaded. */
const LOAD_PX = 400;

export function Chat({ session, to }: { session: Session; to: To }) {
  const chat = session.chat(to);
  const ready = session.state.value?.ready.value ?? false;
  return (
    <>
      {chat ? <Thread key={chat.id} session={session} chat={chat} /> : ready ? <Beginning session={session} to={to} /> : <Waiting />}
      {chat && chat.writable.value !== 'open' ? <p class={css.closed}>{t('chat.closed')}</p> : <Composer session={session} to={to} chat={chat} />}
    </>
  );
}

/** A chat that is not there yet: with the first message it will be. */
function Beginning({ session, to }: { session: Session; to: To }) {
  const state = session.state.value;
  const here = (other: To): boolean => 'user' in other && 'user' in to && other.user.toLowerCase() === to.user.toLowerCase();
  const waiting = [...(state?.outgoing.value.values() ?? [])].filter((item) => here(item.to)).sort((one, other) => one.order - other.order);
  if (waiting.length === 0) return <div class={css.notice}><h2>{t('chat.noMessages')}</h2><p>{t('chat.noMessagesText')}</p></div>;
  return (
    <div class={css.frame}>
      <div class={css.scroll} role="log" aria-label={t('chat.messages')} tabIndex={0}>
        <div class={css.inner}>
          {waiting.map((item) => <Bubble key={item.key} session={session} chat={null} row={rowOfOutgoing(item, 0, state?.user ?? '', null)} first />)}
        </div>
      </div>
    </div>
  );
}

function* placed(box: HTMLElement): Iterable<Placed> {
  for (const { dataset, offsetTop, offsetHeight } of box.querySelectorAll<HTMLElement>('[data-row]')) yield { id: dataset.row ?? '', top: offsetTop, height: offsetHeight };
}

function Thread({ session, chat }: { session: Session; chat: ConversationState }) {
  const thread = useMemo(() => session.openThread(chat), [chat]);
  useEffect(() => () => thread.close(), [thread]);
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

  const problem = thread.problem.value;
  const typing = chat.typing.value.length > 0;
  return (
    <div class={css.frame}>
      <div ref={box} class={css.scroll} role="log" aria-label={t('chat.messages')} tabIndex={0} onScroll={look}>
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
              <Bubble key={row.id} session={session} chat={chat} row={row} rows={rows} first={newDay || before?.author !== row.author} />,
            ];
          })}
        </div>
      </div>
      {far && <Latest thread={thread} onJump={() => { stuck.current = true; settle(); }} />}
      <p class={css.typing} role="status">{typing && t('chat.typing')}</p>
    </div>
  );
}

function Latest({ thread, onJump }: { thread: ThreadState; onJump: () => void }) {
  return (
    <button type="button" class={css.jump} aria-label={t('chat.jumpLatest')} title={t('chat.jumpLatest')} onClick={() => void thread.jump('newest').then(onJump)}>
      <Icon name="down" />
    </button>
  );
}

function Bubble({ session, chat, row, rows = [], first }: { session: Session; chat: ConversationState | null; row: Row; rows?: readonly Row[]; first: boolean }) {
  const state = session.state.value;
  const { body } = row;
  const group = chat?.meta.value.kind === 'group';
  return (
    <div data-row={row.id} data-seq={row.seq ?? undefined} class={cx(css.row, row.mine && css.own, first && css.first)}>
      <div class={css.bubble}>
        {group && first && !row.mine && <p class={css.author} style={{ '--hue': hueOf(row.author) }}>{state?.people.person(row.author).value.name}</p>}
        {'media' in body ? <Media session={session} media={body.media} />
          : 'text' in body || 'buttons' in body || 'answer' in body ? <Words session={session} row={row} />
          : <p class={'recalled' in body ? css.gone : undefined}>{words(row)}</p>}
        {'buttons' in body && <Buttons session={session} row={row} rows={rows} buttons={body.buttons} />}
        <Foot row={row} />
      </div>
      {row.state === 'failed' && <Failed session={session} row={row} />}
    </div>
  );
}

function Words({ session, row: { body, mine } }: { session: Session; row: Row }) {
  const state = session.state.value;
  const text = 'text' in body ? body.text : 'buttons' in body ? body.buttons.text : { text: 'answer' in body ? body.answer.text : '', markdown: true, mentions: [], mention_all: false };
  const nameOf = (user: string | null): string => (user === null ? t('chat.everybody') : (state?.people.person(user).value.name ?? user));
  return <Markdown text={text.text} markdown={text.markdown} mentions={text.mentions} mention_all={text.mention_all} own={mine} nameOf={nameOf} me={state?.user ?? null} />;
}

const TICKS: Record<SendState, { icon: IconName; label: Parameters<typeof t>[0] }> = {
  sending: { icon: 'clock', label: 'chat.sending' }, sent: { icon: 'check', label: 'chat.sent' }, delivered: { icon: 'checks', label: 'chat.delivered' },
  read: { icon: 'checks', label: 'chat.read' }, failed: { icon: 'alert', label: 'chat.failed' },
};

function Foot({ row }: { row: Row }) {
  const tick = row.state && TICKS[row.state];
  return (
    <p class={css.foot}>
      {row.edited_at !== null && <span>{t('chat.edited')}</span>}
      <time dateTime={new Date(row.at).toISOString()}>{clock(row.at)}</time>
      {tick && <span class={cx(row.state === 'read' && css.isRead, row.state === 'failed' && css.isFailed)}><Icon name={tick.icon} size={14} label={t(tick.label)} /></span>}
    </p>
  );
}

function Failed({ session, row }: { session: Session; row: Row }) {
  return (
    <p class={css.failed} role="alert">
      {t('chat.notDelivered', { reason: row.problem ? problemWords(row.problem) : t('common.wentWrong') })}
      <button type="button" class={css.link} onClick={() => session.retry(row.id)}>{t('common.retry')}</button>
      <button type="button" class={css.link} onClick={() => session.discard(row.id)}>{t('chat.discard')}</button>
    </p>
  );
}

/** What was written and not sent, by chat, for as long as the page is there. */
const drafts = new Map<string, string>();

function Composer({ session, to, chat }: { session: Session; to: To; chat: ConversationState | null }) {
  const name = JSON.stringify(to);
  const [text, setText] = useState(() => drafts.get(name) ?? '');
  const field = useRef<HTMLTextAreaElement>(null);
  const write = (next: string): void => {
    setText(next);
    drafts.set(name, next);
    if (chat) session.typing(chat.id, next !== '');
  };
  const send = (): void => {
    // What stands in the field counts, also when it was written a moment ago.
    const said = (field.current?.value ?? text).trim();
    if (said === '') return;
    void session.send(chat ? { conversation: chat.id } : to, said);
    write('');
    field.current?.focus();
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || composing(event)) return;
    event.preventDefault();
    send();
  };
  return (
    <form class={css.composer} onSubmit={(event) => { event.preventDefault(); send(); }}>
      <textarea ref={field} rows={1} class={css.field} value={text} aria-label={t('chat.message')} placeholder={t('chat.message')} maxLength={8_000} onInput={(event) => write(event.currentTarget.value)} onKeyDown={key} />
      <button type="submit" class={css.send} aria-label={t('common.send')} disabled={text.trim() === ''}><Icon name="send" /></button>
    </form>
  );
}
