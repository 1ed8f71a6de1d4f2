// One message: what it says, what it answers, how others reacted, how far it has got, and what can be done with it.

import { useState } from 'preact/hooks';
import type { Row, SendState } from '../core/model';
import type { Seq, Text } from '../core/protocol';
import { replyOf, textOf } from '../core/words';
import { mayAnswer, mayEdit, mayRecall } from '../chat/may';
import { hueOf } from '../ui/Avatar';
import { cx } from '../ui/cx';
import { Markdown } from '../ui/Markdown';
import { Actions } from './Actions';
import { Buttons } from './Buttons';
import css from './Embed.module.css';
import { clock, problemWords, t } from './i18n';
import { Media } from './Media';
import { nameOf, type Pane } from './pane';
import { Icon, IconButton, type IconName } from './parts';
import { words } from './words';

interface BubbleProps {
  pane: Pane;
  row: Row;
  rows?: readonly Row[];
  /** The first of those that one person said in a row. */
  first: boolean;
}

export function Bubble({ pane, row, rows = [], first }: BubbleProps) {
  const { session, chat } = pane;
  const [anchor, setAnchor] = useState<Element | null>(null);
  const { body } = row;
  const meta = chat?.meta.value;
  const any = meta !== undefined && (mayAnswer(meta, row) || mayEdit(meta, row, Date.now()) || (row.mine && mayRecall(meta, row, Date.now())));
  return (
    <div
      data-row={row.id} data-seq={row.seq ?? undefined} class={cx(css.row, row.mine && css.own, first && css.first)}
      onContextMenu={(event) => {
        // Selected words, links and players keep the browser's menu.
        if (!any || !getSelection()?.isCollapsed || (event.target as Element).closest('a, video, audio')) return;
        event.preventDefault();
        setAnchor(event.currentTarget.querySelector(`.${css.more}`));
      }}
    >
      <div class={css.line}>
        <div class={css.bubble}>
          {first && (row.mine || meta?.kind !== 'group') && <span class="hidden-text">{row.mine ? t('common.you') : nameOf(pane, row.author)}</span>}
          {meta?.kind === 'group' && first && !row.mine && <p class={css.author} dir="auto" style={{ '--hue': hueOf(row.author) }}>{nameOf(pane, row.author)}</p>}
          {row.origin && <p class={css.host}>{t('chat.forwardedFrom', { name: nameOf(pane, row.origin.author) })}</p>}
          <Quote pane={pane} seq={replyOf(body)} />
          {'media' in body ? <Media pane={pane} row={row} media={body.media}><Words pane={pane} row={row} text={body.media.caption} /></Media>
            : textOf(body) ? <Words pane={pane} row={row} text={textOf(body)!} />
              : 'answer' in body ? <Words pane={pane} row={row} text={plain(body.answer.text)} />
                : <p class={'recalled' in body ? css.gone : undefined} dir="auto">{words(row)}</p>}
          {'buttons' in body && <Buttons session={session} row={row} rows={rows} buttons={body.buttons} />}
          {row.progress !== null && row.state !== 'failed' && <Progress pane={pane} row={row} />}
          <Foot row={row} />
        </div>
        {any && <button type="button" class={css.more} aria-label={t('chat.actions')} title={t('chat.actions')} aria-haspopup="dialog" aria-expanded={anchor !== null} onClick={(event) => setAnchor(event.currentTarget)}><Icon name="more" size={18} /></button>}
      </div>
      <Reactions pane={pane} row={row} />
      {row.state === 'failed' && <Failed pane={pane} row={row} />}
      {anchor && <Actions pane={pane} row={row} anchor={anchor} onClose={() => setAnchor(null)} />}
    </div>
  );
}

const plain = (text: string): Text => ({ text, markdown: true, reply_to: null, mentions: [], mention_all: false });

/** What is longer is shown in part, until somebody wants all of it. */
const LONG_CHARS = 1_500;

function Words({ pane, row, text }: { pane: Pane; row: Row; text: Text }) {
  const [whole, setWhole] = useState(false);
  if (text.text === '') return null;
  const words = (
    <Markdown
      text={text.text} markdown={text.markdown} mentions={text.mentions} mention_all={text.mention_all} own={row.mine} me={pane.session.state.value?.user ?? null}
      nameOf={(user) => (user === null ? t('chat.everybody') : nameOf(pane, user))}
    />
  );
  if (whole || text.text.length <= LONG_CHARS) return words;
  return <><div class={css.part}>{words}</div><button type="button" class={css.link} onClick={() => setWhole(true)}>{t('chat.showAll')}</button></>;
}

/** What is answered, in one line that leads there. */
function Quote({ pane, seq }: { pane: Pane; seq: Seq | null }) {
  const thread = pane.thread.value;
  if (seq === null || !thread) return null;
  const { row } = thread.quote(seq).value;
  const gone = !row || 'recalled' in row.body;
  return (
    <button type="button" class={css.quote} onClick={() => { pane.target.value = seq; }}>
      {gone ? t('chat.quoteGone') : <><strong><bdi>{row.mine ? t('common.you') : nameOf(pane, row.author)}</bdi></strong> <bdi>{words(row)}</bdi></>}
    </button>
  );
}

function Reactions({ pane, row }: { pane: Pane; row: Row }) {
  const { session } = pane;
  const { seq, conversation, reactions } = row;
  const me = session.state.value?.user ?? '';
  if (reactions.length === 0 || seq === null) return null;
  return (
    <div class={css.reactions}>
      {reactions.map(({ emoji, users }) => {
        const mine = users.includes(me);
        return (
          <button
            key={emoji} type="button" class={css.reaction} aria-pressed={mine} aria-label={t('chat.reacted', { emoji, count: users.length })}
            title={users.map((user) => nameOf(pane, user)).join(', ')} onClick={() => session.act(session.react(conversation, seq, emoji, !mine))}
          >
            {emoji} <span>{users.length}</span>
          </button>
        );
      })}
    </div>
  );
}

/** How much of a file is there, and how to stop it. */
function Progress({ pane: { session }, row }: { pane: Pane; row: Row }) {
  return (
    <div class={css.progress}>
      <progress max={1} value={row.progress ?? 0} aria-label={t('chat.sending')} />
      <IconButton icon="close" label={t('common.cancel')} onClick={() => session.discard(row.id)} />
    </div>
  );
}

const TICKS: Record<SendState, { icon: IconName; label: Parameters<typeof t>[0] }> = {
  sending: { icon: 'clock', label: 'chat.sending' }, sent: { icon: 'check', label: 'chat.sent' }, delivered: { icon: 'checks', label: 'chat.delivered' },
  read: { icon: 'checks', label: 'chat.read' }, failed: { icon: 'alert', label: 'chat.failed' },
};

function Foot({ row }: { row: Row }) {
  const tick = row.state && TICKS[row.state];
  return (
    <p class={css.foot}>
      {row.edited_at !== null && !('recalled' in row.body) && <span>{t('chat.edited')}</span>}
      <time dateTime={new Date(row.at).toISOString()}>{clock(row.at)}</time>
      {tick && <span class={cx(row.state === 'read' && css.isRead, row.state === 'failed' && css.isFailed)}><Icon name={tick.icon} size={14} label={t(tick.label)} /></span>}
    </p>
  );
}

function Failed({ pane, row }: { pane: Pane; row: Row }) {
  const { session, refill } = pane;
  const discard = () => {
    // The words are not lost: they are where they were written.
    if ('text' in row.body) refill.value = row.body.text.text;
    session.discard(row.id);
  };
  return (
    <p class={css.failed} role="alert">
      {t('chat.notDelivered', { reason: row.problem ? problemWords(row.problem) : t('common.wentWrong') })}
      <button type="button" class={css.link} onClick={() => session.retry(row.id)}>{t('common.retry')}</button>
      <button type="button" class={css.link} onClick={discard}>{t('chat.discard')}</button>
    </p>
  );
}
