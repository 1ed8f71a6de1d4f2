// The scrolled list of messages: it keeps what the reader looks at where it is, loads both ways, and says how far was read.

import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { anchorOf, scrollTopFor, sticks, store, type Anchor, type Placed, type Row } from '../core';
import { day, t } from '../i18n';
import { Badge, Empty, ErrorState, Icon, lazy, Loading, Skeleton } from '../ui';
import { Message } from './Message';
import css from './Messages.module.css';
import messageCss from './Message.module.css';
import { jumpTo, type Pane, type Target } from './pane';
import { isAssistant } from './words';

const Answers = lazy(async () => ({ default: (await import('../assistant/Answer')).Answers }), 'nothing');

/** Bubbles of one person within this time stand together. */
const GROUP_MS = 5 * 60_000;
/** Nearer to an end than this, more is loaded. */
const LOAD_PX = 600;
/** Where the first unread message comes to stand: a quarter below the top. */
const UNREAD_AT = 0.25;
const FLASH_MS = 1_000;

/** The last calendar day that was asked for: neighbours mostly share it, and a `Date` for each costs more than the row. */
let asked: readonly [number, number] = [0, 0];
function dayOf(at: number): number {
  if (at < asked[0] || at >= asked[1]) {
    const midnight = new Date(at).setHours(0, 0, 0, 0);
    asked = [midnight, new Date(midnight).setHours(24, 0, 0, 0)];
  }
  return asked[0];
}
const sameDay = (one: number, other: number): boolean => dayOf(one) === dayOf(other);
const said = (row: Row | undefined): row is Row => row !== undefined && row.message && !('recalled' in row.body);

function together(one: Row | undefined, other: Row | undefined): boolean {
  return said(one) && said(other) && one.author === other.author && other.at - one.at < GROUP_MS && sameDay(one.at, other.at);
}

const elementsOf = (box: HTMLElement): HTMLElement[] => [...box.querySelectorAll<HTMLElement>('[data-row]')];
function* placed(box: HTMLElement): Iterable<Placed> {
  for (const { dataset, offsetTop, offsetHeight } of elementsOf(box)) yield { id: dataset.row ?? '', top: offsetTop, height: offsetHeight };
}

export function Messages({ pane }: { pane: Pane }) {
  const { thread } = pane;
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor | null>(null);
  const stuck = useRef(true);
  /** How far down it was when it was at the end. */
  const end = useRef(0);
  const held = useRef(new Map<string, { row: Row; first: boolean; last: boolean; pane: Pane; vnode: VNode }>());
  const [far, setFar] = useState(false);
  const rows = thread.rows.value;
  const loading = thread.loading.value;
  const target = pane.target.value;
  const firstUnread = thread.firstUnread.value;

  /** Looks at where the reader is. */
  const look = () => {
    const view = box.current;
    if (!view || view.clientHeight === 0) return;
    stick(view);
    // Who is at the end stays there: where each row lies is not asked for with every message that comes.
    if (!stuck.current) anchor.current = anchorOf(placed(view), view.scrollTop);
    measure(view);
    seeTo(view);
    if (pane.target.peek() || thread.loading.peek() !== 'none' || thread.problem.peek()) return;
    if (view.scrollTop < LOAD_PX && !thread.atStart.peek()) void thread.pageUp();
    else if (view.scrollHeight - view.scrollTop - view.clientHeight < LOAD_PX && !thread.atEnd.peek()) void thread.pageDown();
  };
  /** Who is at the end stays there. Not to be there any more without having gone up is nobody's doing: something grew since, and is followed. */
  const stick = (view: HTMLElement) => {
    const at = sticks(view);
    stuck.current = (at || (stuck.current && view.scrollTop >= end.current)) && thread.atEnd.peek();
    if (at) end.current = view.scrollTop;
  };
  /** Also when something grows below the reader, who does not move: an answer that is written. */
  const measure = (view: HTMLElement) => setFar(!thread.atEnd.peek() || view.scrollHeight - view.scrollTop - view.clientHeight > view.clientHeight);
  const seeTo = (view: HTMLElement) => {
    if (stuck.current) return thread.seen(pane.view.meta.peek().head);
    const { clientHeight } = view;
    const bottom = view.scrollTop + clientHeight;
    const seen = elementsOf(view).findLast(({ dataset, offsetTop, offsetHeight }) => dataset.seq !== undefined && offsetTop + Math.min(offsetHeight, clientHeight / 2) <= bottom + 1);
    if (seen) thread.seen(Number(seen.dataset.seq));
  };
  /** After something grew or came: to the end, or where it was. */
  const settle = () => {
    const view = box.current;
    if (!view) return;
    if (stuck.current) {
      view.scrollTop = view.scrollHeight;
      end.current = view.scrollTop;
    } else if (anchor.current) {
      const top = scrollTopFor(anchor.current, placed(view), view.scrollTop);
      if (top !== null) view.scrollTop = top;
    }
    measure(view);
  };
  useLayoutEffect(() => {
    const view = box.current;
    if (!view) return;
    if (target && go(view, target, rows, loading === 'none')) {
      stuck.current = false;
      stick(view);
      anchor.current = anchorOf(placed(view), view.scrollTop);
      pane.target.value = null;
    } else if (!target) settle();
    look();
  }, [rows, target, loading]);
  useEffect(() => {
    const sizes = new ResizeObserver(() => settle());
    if (inner.current) sizes.observe(inner.current);
    if (box.current) sizes.observe(box.current);
    return () => sizes.disconnect();
  }, []);

  /** The rows. One that is as it was is the very same element, which Preact passes over. */
  const drawn = (rows: readonly Row[]): VNode[] => {
    const known = held.current;
    const next: typeof known = new Map();
    const all: VNode[] = [];
    rows.forEach((row, index) => {
      const [before, after] = [rows[index - 1], rows[index + 1]];
      const unread = firstUnread !== null && row.seq === firstUnread;
      const first = unread || !together(before, row);
      const last = !together(row, after) || (firstUnread !== null && after?.seq === firstUnread);
      if (!before || !sameDay(before.at, row.at)) all.push(<div key={`day ${row.id}`} class={css.day}><span>{day(row.at)}</span></div>);
      if (unread) all.push(<div key="new" class={css.unread} role="separator" aria-label={t('chat.newMessages')}><span>{t('chat.newMessages')}</span></div>);
      const kept = known.get(row.id);
      const same = kept && kept.row === row && kept.first === first && kept.last === last && kept.pane === pane;
      const one = same ? kept : { row, first, last, pane, vnode: <Message key={row.id} pane={pane} row={row} first={first} last={last} /> };
      next.set(row.id, one);
      all.push(one.vnode);
    });
    held.current = next;
    return all;
  };

  const problem = thread.problem.value;
  const atStart = thread.atStart.value;
  return (
    <div class={css.frame}>
      <div ref={box} class={css.scroll} role="log" aria-label={t('chat.messages')} aria-live="off" tabIndex={0} onScroll={look} onKeyDown={walk}>
        <div ref={inner} class={css.inner}>
          {!atStart && !problem && <div class={css.hole} aria-hidden="true"><Skeleton width="40%" height="36px" /><Skeleton width="55%" height="36px" /></div>}
          {problem && <ErrorState title={t('chat.loadProblem')} error={problem} onRetry={() => void thread.pageUp()} />}
          {rows.length === 0 && atStart && !problem && <Empty icon="chat" title={t('chat.noMessages')} text={t('chat.noMessagesText')} />}
          {rows.length === 0 && !atStart && !problem && <Loading />}
          {drawn(rows)}
          {thread.atEnd.value && (isAssistant(pane.view) || pane.view.answers.value.length > 0) && <Answers pane={pane} />}
          {!thread.atEnd.value && <div class={css.hole} aria-hidden="true"><Skeleton width="40%" height="36px" /></div>}
        </div>
      </div>
      <UnreadAbove pane={pane} rows={rows} />
      {far && <JumpToLatest pane={pane} onJump={() => { stuck.current = true; settle(); }} />}
      <Announcer pane={pane} rows={rows} />
    </div>
  );
}

/** Scrolls to a place when its row is there. True when done, also when the place is gone for good. */
function go(view: HTMLElement, target: Target, rows: readonly Row[], idle: boolean): boolean {
  const row = rows.find(({ seq }) => seq !== null && seq >= target.seq);
  const exact = row?.seq === target.seq || (row !== undefined && rows[0] !== row);
  if (!row || !exact) {
    if (!idle || rows.length === 0) return false;
    view.scrollTop = view.scrollHeight;
    if (!row) return true;
  }
  const element = elementsOf(view).find(({ dataset }) => dataset.row === row.id);
  if (!element) return false;
  const share = target.as === 'unread' ? UNREAD_AT : 0.5;
  view.scrollTop = element.offsetTop - view.clientHeight * share + (target.as === 'hit' ? Math.min(element.offsetHeight, view.clientHeight) / 2 : 0);
  if (target.as === 'hit') flash(element);
  return true;
}

function flash(element: HTMLElement): void {
  const name = messageCss.flash ?? 'flash';
  element.focus({ preventScroll: true });
  element.classList.add(name);
  setTimeout(() => element.classList.remove(name), FLASH_MS);
}

/** Arrows go from message to message. */
function walk(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const active = document.activeElement;
  const all = elementsOf(event.currentTarget);
  const at = all.findIndex((element) => element === active);
  if (at < 0 && active !== event.currentTarget) return;
  const to = { ArrowUp: at < 0 ? all.length - 1 : at - 1, ArrowDown: at + 1, End: all.length - 1 }[event.key];
  const next = to === undefined ? undefined : all[to];
  if (event.key === 'ArrowDown' && at === all.length - 1) document.querySelector<HTMLElement>('[data-composer]')?.focus();
  if (!next || (at < 0 && event.key === 'ArrowDown')) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
}

function JumpToLatest({ pane, onJump }: { pane: Pane; onJump: () => void }) {
  const count = pane.thread.below.value;
  return (
    <button
      type="button" class={css.jump} aria-label={count > 0 ? t('chat.jumpLatestCount', { count }) : t('chat.jumpLatest')}
      onClick={() => void pane.thread.jump('newest').then(onJump)}
    >
      <Icon name="down" />
      <Badge count={count} />
    </button>
  );
}

/** Where the first unread message is above what is on the page. */
function UnreadAbove({ pane, rows }: { pane: Pane; rows: readonly Row[] }) {
  const seq = pane.thread.firstUnread.value;
  const first = rows.find((row) => row.seq !== null)?.seq;
  if (seq === null || first === undefined || first === null || first <= seq || pane.view.unread.value === 0) return null;
  return (
    <button type="button" class={css.above} onClick={() => void jumpTo(pane, seq)}>
      <Icon name="up" size={16} /> {t('chat.toUnread')}
    </button>
  );
}

/** Says what others write while the thread is open; not what is loaded from before. */
function Announcer({ pane, rows }: { pane: Pane; rows: readonly Row[] }) {
  const head = useRef(pane.view.meta.peek().head);
  const [text, setText] = useState('');
  const last = rows.at(-1);
  useEffect(() => {
    if (!last || last.seq === null || last.seq <= head.current) return;
    head.current = last.seq;
    if (last.mine || !last.message) return;
    const name = store.person(last.author).peek().name;
    setText(`${name}: ${'text' in last.body ? last.body.text.text : ''}`);
  }, [last?.id]);
  return <div class="hidden-text" role="status">{text}</div>;
}
