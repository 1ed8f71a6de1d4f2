// What an assistant does for one reader: what is unread in short, a message in another language. It stands above the field on this
// device alone and is kept nowhere, unless its reader posts it.

import { useEffect, useState } from 'preact/hooks';
import type { Pane } from '../chat/pane';
import { store, type ConversationId, type Row, type Seq } from '../core';
import { streamTask } from '../core/tasks';
import { locale, problemWords, t } from '../i18n';
import { Button, IconButton, Spinner, toast, useCopied } from '../ui';
import { Markdown } from '../ui/Markdown';
import css from './Answer.module.css';

export type Task = { kind: 'summarise' } | { kind: 'translate'; seq: Seq; language: string };

/** What a command asks for: something in short, or the message that is answered, else the last of somebody else, in another language. */
export function taskOf(words: string, { thread }: Pane, answered: Row | null): Task | null {
  const language = /^\/translate(.*)/i.exec(words)?.[1];
  if (language === undefined) return { kind: 'summarise' };
  const { seq } = answered ?? thread.rows.peek().findLast((row) => row.message && !row.mine && row.seq !== null) ?? { seq: null };
  if (seq === null) toast(t('chat.noMessages'));
  return seq === null ? null : { kind: 'translate', seq, language: language.trim() || (locale() === 'zh' ? 'Chinese' : 'English') };
}

export default function Aside({ conversation, task, onClose, onPost }: { conversation: ConversationId; task: Task; onClose: () => void; onPost: (words: string) => void }) {
  const [text, setText] = useState('');
  const [state, setState] = useState<'writing' | 'done'>('writing');
  const [problem, setProblem] = useState<string | null>(null);
  const [copied, copy] = useCopied();
  useEffect(() => {
    const stop = new AbortController();
    const assistant = store.assistants.peek()[0]?.user ?? '';
    const body = task.kind === 'summarise' ? { summarise: { conversation } } : { translate: { conversation, seq: task.seq, language: task.language } };
    setText('');
    setState('writing');
    setProblem(null);
    // A task that another took the place of says nothing any more.
    const over = (words: string | null) => {
      if (stop.signal.aborted) return;
      setProblem(words);
      setState('done');
    };
    streamTask(assistant, body, { signal: stop.signal, piece: (piece) => setText((before) => before + piece) })
      .then(over, (error: unknown) => over(problemWords(error)));
    return () => stop.abort();
  }, [task]);
  return (
    <section class={css.aside} aria-label={t(task.kind === 'summarise' ? 'chat.summary' : 'chat.translation')} aria-busy={state === 'writing'}>
      <p class={css.end}>{t(task.kind === 'summarise' ? 'chat.summary' : 'chat.translation')} · {t('chat.onlyYou')}</p>
      <div class={css.words} tabIndex={0}>{text ? <Markdown text={text} markdown /> : state === 'writing' && <Spinner />}</div>
      {problem && <p class={css.problem} role="alert">{problem}</p>}
      <div class={css.tools}>
        {state === 'done' && text && <Button size="small" onClick={() => onPost(text)}>{t('chat.toField')}</Button>}
        {text && navigator.clipboard && <IconButton size="small" icon={copied ? 'check' : 'copy'} label={t(copied ? 'common.copied' : 'common.copy')} onClick={() => copy(text)} />}
        <IconButton size="small" icon="close" label={t('common.close')} onClick={onClose} />
      </div>
    </section>
  );
}
