// What an assistant does for one reader: what is unread in short, a message or a part of it in another language. It stands above the field on this
// device alone and is kept nowhere, unless its reader posts it.

import { useEffect, useState } from 'preact/hooks';
import type { Pane } from '../chat/pane';
import type { Row, Seq } from '../core';
import { streamTask } from '../core/tasks';
import { locale, problemWords, t } from '../i18n';
import { useReason } from '../i18n/reason';
import { Button, IconButton, Spinner, toast, useCopied } from '../ui';
import { Markdown } from '../ui/Markdown';
import { AssistantMenu, chosenAssistant } from './AssistantMenu';
import css from './Answer.module.css';

export type Task = { kind: 'summarise' } | { kind: 'translate'; seq: Seq; text?: string | null; language?: string };

/** What a command asks for: something in short, or the message that is answered, else the last of somebody else, in another language. */
export function taskOf(words: string, { thread }: Pane, answered: Row | null): Task | null {
  const language = /^\/translate(.*)/i.exec(words)?.[1];
  if (language === undefined) return { kind: 'summarise' };
  const { seq } = answered ?? thread.rows.peek().findLast((row) => row.message && !row.mine && row.seq !== null) ?? { seq: null };
  if (seq === null) toast(t('chat.noMessages'));
  return seq === null ? null : { kind: 'translate', seq, language: language.trim() };
}

interface AsideProps {
  pane: Pane;
  task: Task;
  /** Nothing can be written here, so there is nowhere to put it. */
  closed: boolean;
}

export default function Aside({ pane, task, closed }: AsideProps) {
  const conversation = pane.view.id;
  const [text, setText] = useState('');
  const [state, setState] = useState<'writing' | 'done'>('writing');
  const [problem, setProblem] = useState<string | null>(null);
  const [copied, copy] = useCopied();
  const assistant = chosenAssistant();
  useEffect(() => {
    const stop = new AbortController();
    const language = locale() === 'zh' ? 'Chinese' : 'English';
    const body = task.kind === 'summarise' ? { summarise: { conversation } } : { translate: { conversation, seq: task.seq, ...(task.text ? { text: task.text } : {}), language: task.language || language } };
    setText('');
    setState('writing');
    setProblem(null);
    // A task that another took the place of says nothing any more.
    const over = (words: string | null) => {
      if (stop.signal.aborted) return;
      setProblem(words);
      setState('done');
    };
    streamTask(assistant?.user ?? '', body, { signal: stop.signal, piece: (piece) => setText((before) => before + piece) })
      .then(over, (error: unknown) => over(problemWords(error)));
    return () => stop.abort();
  }, [task, assistant?.user]);
  const reason = useReason(problem);
  const close = () => {
    pane.task.value = null;
    document.querySelector<HTMLElement>('[data-composer]')?.focus();
  };
  const post = () => {
    pane.refill.value = text;
    close();
  };
  const name = t(task.kind === 'summarise' ? 'extras.summary' : 'extras.translation');
  return (
    <section class={css.aside} aria-label={name} aria-busy={state === 'writing'}>
      <div class={css.end}>{name} · {t('extras.onlyYou')} {assistant && <AssistantMenu chosen={assistant} label={t('extras.answersWith', { name: assistant.name })} onPick={() => undefined} />}</div>
      <div class={css.words} tabIndex={0}>{text ? <Markdown text={text} markdown /> : state === 'writing' && <Spinner />}</div>
      {reason && <p class={css.problem} role="alert">{reason}</p>}
      <div class={css.tools}>
        {state === 'done' && text && !closed && <Button size="small" onClick={post}>{t('extras.toField')}</Button>}
        {text && navigator.clipboard && <IconButton size="small" icon={copied ? 'check' : 'copy'} label={t(copied ? 'common.copied' : 'common.copy')} onClick={() => copy(text)} />}
        <IconButton size="small" icon="close" label={t('common.close')} onClick={close} />
      </div>
    </section>
  );
}
