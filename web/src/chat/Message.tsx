// One row of a thread: a bubble with what belongs to it, or a notice.

import { useRef, useState } from 'preact/hooks';
import { actions, replyOf, store, type Row, type Seq } from '../core';
import { onlyEmoji } from '../core/md';
import { Face } from '../contacts/Face';
import { t } from '../i18n';
import { linkTo, paths } from '../router';
import { act, Avatar, Button, cx, hueOf, Icon, IconButton, lazy, now, openMenu, Pill, placeOf, Time } from '../ui';
import { Content } from './Bodies';
import { hasThumbs, isOwnThumb, mayAnswer, mayEdit, RE_EDIT_MS } from './may';
import css from './Message.module.css';
import { edit, jumpTo, reply, type Pane } from './pane';
import { swipe } from './swipe';
import { Ticks } from './Ticks';
import { bodyWords, me, nameIn, noticeWords } from './words';

const Answer = lazy(() => import('../assistant/Answer'), 'nothing');
const Failed = lazy(async () => ({ default: (await import('./Rare')).Failed }), 'nothing');
const ReactPopover = lazy(() => import('./ReactPopover'), 'nothing');

const menuOf = (pane: Pane, row: Row) => import('./menus').then(({ messageMenu }) => messageMenu(pane, row));

interface MessageProps {
  pane: Pane;
  row: Row;
  /** The first and the last of those that one person said in a row. */
  first: boolean;
  last: boolean;
}

export function Message({ pane, row, first, last }: MessageProps) {
  const [active, setActive] = useState(false);
  const [picking, setPicking] = useState<Element | null>(null);
  if (!row.message || 'recalled' in row.body) return <Notice pane={pane} row={row} />;
  // What is read here draws all rows again when it changes: so not the whole of the conversation, which every message changes.
  const meta = pane.view.meta.peek();
  const group = meta.kind === 'group';
  const pinned = row.seq !== null && pane.pinned.value.includes(`,${row.seq},`);
  const answer = 'answer' in row.body;
  const bare = answer || ('text' in row.body && onlyEmoji(row.body.text.text) && replyOf(row.body) === null) || 'sticker' in row.body;
  return (
    <div
      data-row={row.id}
      data-seq={row.seq ?? undefined}
      class={cx(css.row, row.mine && css.own, first && css.first, last && css.last)}
      tabIndex={-1}
      onMouseMove={() => setActive(true)}
      onMouseLeave={() => setActive(false)}
      onFocusCapture={() => setActive(true)}
      onBlurCapture={(event) => { if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setActive(false); }}
      onKeyDown={(event) => {
        if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
        if (messageKey(pane, row, event.key.toLowerCase())) event.preventDefault();
      }}
      {...swipe(() => mayAnswer(pane.view.meta.peek(), row), () => reply(pane, row))}
      onContextMenu={(event) => {
        // Selected words and links keep the browser's menu.
        if (!getSelection()?.isCollapsed || (event.target as Element).closest('a, video')) return;
        if (row.seq === null && row.state !== 'failed') return;
        event.preventDefault();
        openMenu(placeOf(event), menuOf(pane, row), { label: t('chat.actionsOf') });
      }}
    >
      {!row.mine && <a class={css.face} {...linkTo(paths.user(row.author))} tabIndex={-1} aria-hidden="true">{answer ? <Avatar id={row.author} name="" shape="spark" size={36} /> : last && <Face user={row.author} size={36} presence={false} />}</a>}
      <div class={css.column}>
        <div class={cx(css.bubble, bare && css.bare, answer && css.wide)}>
          {first && !row.mine && group && <Author pane={pane} row={row} />}
          {row.origin && <p class={css.origin}><Icon name="forward" size={14} /> {t('chat.forwardedFrom', { name: nameIn(pane.view, row.origin.author) })}</p>}
          <Quote pane={pane} seq={replyOf(row.body)} />
          {answer ? <Answer pane={pane} row={row} /> : <Content pane={pane} row={row} foot={<Foot row={row} pinned={pinned} />} />}
          {(active || picking) && <Toolbar pane={pane} row={row} onReact={setPicking} />}
        </div>
        <Reactions pane={pane} row={row} onMore={setPicking} />
        {row.state === 'failed' && <Failed row={row} />}
      </div>
      {picking && <ReactPopover row={row} anchor={picking} onClose={() => setPicking(null)} />}
    </div>
  );
}

/** The keys of a message that has the focus. True when the key was one. */
function messageKey(pane: Pane, row: Row, key: string): boolean {
  const meta = pane.view.meta.peek();
  if (key === 'r' && mayAnswer(meta, row)) reply(pane, row);
  else if (key === 'e' && mayEdit(meta, row, now.peek())) edit(pane, row);
  else return false;
  return true;
}

function Author({ pane, row }: { pane: Pane; row: Row }) {
  const bot = store.person(row.author).value.kind !== 'person';
  return <div class={css.author} style={{ '--hue': hueOf(row.author) }}>{nameIn(pane.view, row.author)}{bot && <Pill>{t('common.bot')}</Pill>}</div>;
}

/** The time, and how far it has got. */
function Foot({ row, pinned }: { row: Row; pinned: boolean }) {
  return (
    <span class={css.foot}>
      {pinned && <span role="img" aria-label={t('chat.isPinned')} title={t('chat.isPinned')}><Icon name="pin" size={12} /></span>}
      {row.edited_at !== null && <span>{t('chat.edited')}</span>}
      <Time at={row.at} kind="clock" />
      {row.state && <Ticks state={row.state} />}
    </span>
  );
}

function Quote({ pane, seq }: { pane: Pane; seq: Seq | null }) {
  if (seq === null) return null;
  const { row } = pane.thread.quote(seq).value;
  const gone = !row || 'recalled' in row.body;
  return (
    <button type="button" class={css.quote} onClick={() => act(jumpTo(pane, seq))}>
      {gone ? t('chat.quoteGone') : <><strong>{row.author === me() ? t('common.you') : nameIn(pane.view, row.author)}</strong> {bodyWords(row.body)}</>}
    </button>
  );
}

function Reactions({ pane, row, onMore }: { pane: Pane; row: Row; onMore: (anchor: Element) => void }) {
  const { seq } = row;
  const self = me();
  if (row.reactions.length === 0 || seq === null) return null;
  const thumbs = 'answer' in row.body && hasThumbs(pane.view.meta.value, row);
  const shown = row.reactions.filter(({ emoji, users }) => !(thumbs && isOwnThumb(emoji, users, self)));
  if (shown.length === 0) return null;
  return (
    <div class={css.reactions}>
      {shown.map(({ emoji, users }) => {
        const mine = users.includes(self);
        return (
          <button
            key={emoji} type="button" class={css.reaction} aria-pressed={mine} aria-label={t('chat.reacted', { emoji, count: users.length })}
            title={users.map((user) => store.person(user).value.name).join(', ')}
            onClick={() => act(actions.react(row.conversation, seq, emoji, !mine))}
          >
            {emoji} <span>{users.length}</span>
          </button>
        );
      })}
      <button type="button" class={css.reaction} aria-label={t('chat.react')} onClick={(event) => onMore(event.currentTarget)}><Icon name="emoji" size={16} /></button>
    </div>
  );
}

function Toolbar({ pane, row, onReact }: { pane: Pane; row: Row; onReact: (anchor: Element) => void }) {
  const bar = useRef<HTMLDivElement>(null);
  const meta = pane.view.meta.value;
  if (row.seq === null) return null;
  const answer = mayAnswer(meta, row);
  return (
    <div class={css.toolbar} ref={bar} role="toolbar" aria-label={t('chat.actionsOf')}>
      {answer && <IconButton icon="emoji" label={t('chat.react')} onClick={(event) => onReact(event.currentTarget)} />}
      {answer && <IconButton icon="reply" label={t('chat.reply')} onClick={() => reply(pane, row)} />}
      {mayEdit(meta, row, now.value) && <IconButton icon="edit" label={t('common.edit')} onClick={() => edit(pane, row)} />}
      <IconButton icon="more" label={t('common.more')} aria-haspopup="menu" onClick={(event) => openMenu(event.currentTarget, menuOf(pane, row), { label: t('chat.actionsOf') })} />
    </div>
  );
}

/** What happened here, in the middle. Who recalled a text can take it up again for a while. */
function Notice({ pane, row }: { pane: Pane; row: Row }) {
  const words = recalledWords.get(`${row.conversation}:${row.seq}`);
  return (
    <div data-row={row.id} data-seq={row.seq ?? undefined} class={css.notice} tabIndex={-1}>
      <span>{noticeWords(pane.view, row)}</span>
      {words && now.value - words.at < RE_EDIT_MS && <Button size="small" kind="quiet" onClick={() => { pane.refill.value = words.text; }}>{t('chat.reEdit')}</Button>}
    </div>
  );
}

/** The words of what was recalled here just now; nowhere but in this page's memory. */
const recalledWords = new Map<string, { text: string; at: number }>();

/** Recalls a message, and keeps its words for a while when they were one's own. */
export async function recall(row: Row): Promise<void> {
  if (row.seq === null) return;
  // Before the server answers: the notice is drawn as soon as the recall arrives.
  if (row.mine && 'text' in row.body) recalledWords.set(`${row.conversation}:${row.seq}`, { text: row.body.text.text, at: Date.now() });
  await actions.recall(row.conversation, row.seq);
}
