// What an assistant says: a finished answer, one that is being written, and questions that wait.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { actions, store, type Answering, type Row } from '../core';
import { t } from '../i18n';
import { useReason } from '../i18n/reason';
import { act, Avatar, Button, Icon, IconButton, Spinner, useCopied } from '../ui';
import { Markdown } from '../ui/Markdown';
import { bodyWords, isAssistant, me } from '../chat/words';
import { hasThumbs } from '../chat/may';
import type { Pane } from '../chat/pane';
import { partsOf } from './parts';
import css from './Answer.module.css';

/** The inside of an answer's row. */
export default function Answer({ pane, row }: { pane: Pane; row: Row }) {
  const [copied, copy] = useCopied();
  const problem = useReason('answer' in row.body ? row.body.answer.problem : null);
  if (!('answer' in row.body)) return null;
  const { seq } = row;
  const { text, model, end, question } = row.body.answer;
  const again = pane.view.answers.value.find(({ replaces }) => replaces !== null && replaces === seq);
  if (again) return <Writing answer={again} />;
  const asked = pane.thread.quote(question).value.row;
  const mine = isAssistant(pane.view) || asked?.author === me();
  return (
    <div class={css.answer}>
      {text && <Markdown text={text} markdown />}
      {end === 'stopped' && <p class={css.end}>{t('chat.answerStopped')}</p>}
      {end === 'limit' && <p class={css.end}>{t('chat.answerLimit')}</p>}
      {problem && <p class={css.problem} role="alert"><Icon name="alert" size={18} /> {problem}</p>}
      <div class={css.tools}>
        {text && navigator.clipboard && <IconButton icon={copied ? 'check' : 'copy'} size="small" label={t(copied ? 'common.copied' : 'common.copy')} onClick={() => copy(text)} />}
        {mine && seq !== null && (end === 'failed'
          ? <Button size="small" icon="retry" onClick={() => act(actions.regenerate(row.conversation, seq))}>{t('common.retry')}</Button>
          : <IconButton icon="retry" size="small" label={t('chat.regenerate')} onClick={() => act(actions.regenerate(row.conversation, seq))} />)}
        <Thumbs pane={pane} row={row} />
        <span class={css.model}>{model}</span>
      </div>
    </div>
  );
}

const THUMBS = [['👍', 'like', 'chat.goodAnswer'], ['👎', 'dislike', 'chat.badAnswer']] as const;

/** What the reader thinks of an answer: reactions like any other, of which one takes the place of the other. */
function Thumbs({ pane, row }: { pane: Pane; row: Row }) {
  const { conversation, seq, reactions } = row;
  const self = me();
  if (!hasThumbs(pane.view.meta.value, row)) return null;
  const gave = (emoji: string) => reactions.some((reaction) => reaction.emoji === emoji && reaction.users.includes(self));
  const give = async (emoji: string) => {
    if (seq === null) return;
    const other = THUMBS.find(([one]) => one !== emoji && gave(one))?.[0];
    if (other) await actions.react(conversation, seq, other, false);
    await actions.react(conversation, seq, emoji, !gave(emoji));
  };
  return <>{THUMBS.map(([emoji, icon, label]) => <IconButton key={emoji} icon={icon} size="small" label={t(label)} aria-pressed={gave(emoji)} onClick={() => act(give(emoji))} />)}</>;
}

/** Below the last row: what is being written, and what waits. */
export function Answers({ pane }: { pane: Pane }) {
  const { view } = pane;
  const answers = view.answers.value;
  const { state } = store.connection.value;
  // Asked anew when something was said: a question may wait, and after a gap pieces are missing.
  useEffect(() => {
    if (state === 'online') void actions.loadAnswers(view.id).catch(() => undefined);
  }, [state, isAssistant(view) ? view.meta.value.head : 0]);
  const [said, setSaid] = useState('');
  const writing = answers.some((answer) => answer.state === 'answering' && !answer.done);
  useEffect(() => { if (!writing) setSaid((before) => (before ? t('chat.answerReady') : before)); else setSaid(t('chat.answering')); }, [writing]);
  return (
    <>
      {answers.filter(({ replaces }) => replaces === null).map((answer) => (
        <div key={answer.question} class={css.row}>
          <Avatar id={answer.assistant} name="" shape="spark" size={36} />
          {answer.state === 'waiting' ? <Waiting pane={pane} answer={answer} /> : <Writing answer={answer} />}
        </div>
      ))}
      <span class="hidden-text" role="status">{said}</span>
    </>
  );
}

function Waiting({ pane, answer }: { pane: Pane; answer: Answering }) {
  const { row } = pane.thread.quote(answer.question).value;
  return <p class={css.end}><Icon name="clock" size={16} /> {t('chat.waitsItsTurn')}{row && <> <q>{bodyWords(row.body)}</q></>}</p>;
}

/** What is there so far. */
function Writing({ answer }: { answer: Answering }) {
  const parts = useMemo(() => partsOf(answer.text), [answer.text]);
  return (
    <div class={css.answer} aria-busy={!answer.done}>
      {parts.map((part, index) => <Markdown key={index} text={part} markdown />)}
      {!answer.done && (answer.text ? <span class={css.caret} aria-hidden="true" /> : <Spinner />)}
    </div>
  );
}
