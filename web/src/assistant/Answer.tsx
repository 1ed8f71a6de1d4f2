// What an assistant says: a finished answer, one that is being written, and questions that wait.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { actions, store, type Answering, type Row } from '../core';
import { t } from '../i18n';
import { act, Avatar, Button, Icon, IconButton, Spinner, toastError } from '../ui';
import { Markdown } from '../ui/Markdown';
import { bodyWords, isAssistant, me } from '../chat/words';
import type { Pane } from '../chat/pane';
import css from './Answer.module.css';

/** The inside of an answer's row. */
export default function Answer({ pane, row }: { pane: Pane; row: Row }) {
  const [copied, setCopied] = useState(false);
  if (!('answer' in row.body)) return null;
  const { text, model, end, problem, question } = row.body.answer;
  const again = pane.view.answers.value.find(({ replaces }) => replaces !== null && replaces === row.seq);
  if (again) return <Writing answer={again} />;
  const asked = pane.thread.quote(question).value.row;
  const mine = isAssistant(pane.view) || asked?.author === me();
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true), toastError);
  return (
    <div class={css.answer}>
      {text && <Markdown text={text} markdown />}
      {end === 'stopped' && <p class={css.end}>{t('chat.answerStopped')}</p>}
      {end === 'limit' && <p class={css.end}>{t('chat.answerLimit')}</p>}
      {problem && <p class={css.problem} role="alert"><Icon name="alert" size={18} /> {problem}</p>}
      <div class={css.tools}>
        {text && navigator.clipboard && <IconButton icon={copied ? 'check' : 'copy'} size="small" label={t(copied ? 'common.copied' : 'common.copy')} onClick={copy} />}
        {mine && row.seq !== null && (end === 'failed'
          ? <Button size="small" icon="retry" onClick={() => act(actions.regenerate(row.conversation, row.seq ?? 0))}>{t('common.retry')}</Button>
          : <IconButton icon="retry" size="small" label={t('chat.regenerate')} onClick={() => act(actions.regenerate(row.conversation, row.seq ?? 0))} />)}
        <span class={css.model}>{model}</span>
      </div>
    </div>
  );
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

/** What is there so far. Only the last part is read anew with each piece. */
function Writing({ answer }: { answer: Answering }) {
  const parts = useMemo(() => partsOf(answer.text), [answer.text]);
  return (
    <div class={css.answer} aria-busy={!answer.done}>
      {parts.map((part, index) => <Markdown key={index} text={part} markdown />)}
      {!answer.done && (answer.text ? <span class={css.caret} aria-hidden="true" /> : <Spinner />)}
    </div>
  );
}

/** At the blank lines outside of fences, where no list goes on. */
export function partsOf(text: string): string[] {
  const parts: string[] = [];
  let part: string[] = [];
  let fence: string | null = null;
  const lines = text.split('\n');
  lines.forEach((line, at) => {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark && (fence === null || mark.startsWith(fence))) fence = fence === null ? mark : null;
    const next = lines[at + 1] ?? '';
    if (fence === null && line.trim() === '' && part.length > 0 && next !== '' && !/^(?:\s|[-*+]|\d+[.)])/.test(next)) {
      parts.push(part.join('\n'));
      part = [];
    } else part.push(line);
  });
  return [...parts, part.join('\n')].filter((each) => each.trim() !== '');
}
