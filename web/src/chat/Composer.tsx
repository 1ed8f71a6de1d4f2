// Where one writes. Enter sends (or breaks the line, by the setting); no key counts while an input method composes a word.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { actions, capabilities, store, textOf, type ConversationView, type Row } from '../core';
import { t, withWords } from '../i18n';
import { act, composing, cx, EmojiButton, Icon, IconButton, lazy, now, openMenu } from '../ui';
import css from './Composer.module.css';
import { useEdited } from './edited';
import { mayEdit } from './may';
import type { Extra } from './Extras';
import { mentionsIn } from './mention';
import { edit, type Pane } from './pane';
import { bodyWords, isAssistant, me, nameIn } from './words';

const Aside = lazy(() => withWords(import('../assistant/Aside')));
const Closed = lazy(() => import('./Closed'), 'nothing');
const Completion = lazy(() => import('./Completion'), 'nothing');
const Extras = lazy(() => withWords(import('./Extras')), 'nothing');
const Recorder = lazy(() => import('./Recorder'), 'nothing');

/** `/summarise` and `/translate LANGUAGE`. */
const COMMAND = /^\/(?:summari[sz]e|translate)(?: .*)?$/i;
/** A word before the caret that may be completed: @somebody, :smile:. */
const COMPLETED = /(?:^|\s)(?:@\S*|:[\w+-]{2,}:?)$|^\/[\w-]*$/u;

/** The field, or a sentence that says why there is none; above it what an assistant does for this reader. */
export function Composer({ pane }: { pane: Pane }) {
  const { view } = pane;
  const { peer, group } = view.meta.value;
  const writable = view.writable.value;
  const refused = refusalOf(pane);
  const blocked = peer !== null && store.person(peer).value.blocked;
  const closed = blocked || refused !== null || writable !== 'open';
  const task = pane.task.value;
  return (
    <>
      {task && <Aside pane={pane} task={task} closed={closed} />}
      {closed ? <Closed pane={pane} writable={writable} refused={blocked ? null : refused} until={group?.silenced_until ?? null} /> : <Open pane={pane} />}
    </>
  );
}

/** The own last message when the other side takes none: whoever blocked the writer, or hears contacts only. */
function refusalOf({ view, thread }: Pane): Row | null {
  const { peer } = view.meta.value;
  if (peer === null) return null;
  const last = thread.rows.value.findLast(({ mine }) => mine);
  const code = last?.state === 'failed' ? last.problem?.code : undefined;
  return last && (code === 'blocked' || (code === 'stranger' && !store.person(peer).value.contact)) ? last : null;
}

function Open({ pane }: { pane: Pane }) {
  const { view } = pane;
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(() => view.draft.peek()?.text ?? '');
  /** The new message so far; what is kept of it comes a moment later. */
  const written = useRef(text);
  const [caret, setCaret] = useState(text.length);
  const [recording, setRecording] = useState(false);
  const wasRecording = useRef(false);
  const completing = useRef<((event: KeyboardEvent) => boolean) | null>(null);
  const [aria, setAria] = useState<object>({});
  const [extra, setExtra] = useState<Extra | null>(null);
  const editing = pane.editing.value;
  const replying = pane.replying.value;
  const assistant = isAssistant(view);
  const writing = assistant && view.answers.value.some(({ state, done }) => state === 'answering' && !done);
  const enterSends = store.preferences.value.enter === 'send';

  const put = (next: string, at = next.length) => {
    setText(next);
    setCaret(at);
    const area = field.current;
    if (!area) return;
    // At once, so that no key comes between; the focus also later, when the menu or picker that called is gone.
    area.value = next;
    area.focus();
    area.setSelectionRange(at, at);
    requestAnimationFrame(() => area.focus());
  };
  const write = (next: string) => {
    setText(next);
    if (editing) return;
    written.current = next;
    actions.typing(view.id, next !== '');
    keep(view, next, replying);
  };
  const insert = (words: string) => {
    const at = field.current?.selectionStart ?? text.length;
    const next = text.slice(0, at) + words + text.slice(field.current?.selectionEnd ?? at);
    write(next);
    put(next, at + words.length);
  };
  const done = () => {
    pane.editing.value = null;
    pane.replying.value = null;
    setText('');
    if (!editing) keep(view, written.current = '', null);
    actions.typing(view.id, false);
    field.current?.focus();
  };
  const send = () => {
    // What stands in the field: it may be newer than what was drawn.
    const words = field.current?.value.trim();
    if (!words) return;
    // An assistant answers a command to this device alone.
    if (!editing && !assistant && COMMAND.test(words) && store.assistants.peek().length > 0) {
      act(import('../assistant/Aside').then(({ taskOf }) => { pane.task.value = taskOf(words, pane, replying); }));
      return done();
    }
    if (editing?.seq) {
      const { seq } = editing;
      const same = textOf(editing.body)?.text === words;
      if (!same) act(actions.edit(view.id, seq, words).catch((error: unknown) => { again(editing, words); throw error; }));
    } else {
      act(actions.send({ conversation: view.id }, { text: words, markdown: true, reply_to: replying?.seq ?? null, ...mentionsIn(view, words) }));
      void pane.thread.jump('newest');
    }
    done();
  };
  /** Neither edits nor answers any more: what was written before is there again. */
  const cancel = () => {
    pane.editing.value = null;
    pane.replying.value = null;
    keep(view, written.current, null);
    field.current?.focus();
  };
  const take = (files: readonly File[]) => act(import('./attach').then(({ sendFiles }) => sendFiles(pane, files)));

  const again = useEdited(editing, put, () => written.current, (row) => { if (!pane.editing.peek()) edit(pane, row); });
  useEffect(() => {
    if (!replying) return;
    field.current?.focus();
    if (!editing) keep(view, written.current, replying);
  }, [replying]);
  useEffect(() => {
    const words = pane.refill.value;
    if (words === null) return;
    pane.refill.value = null;
    write(words);
    put(words);
  }, [pane.refill.value]);
  // What was answered when the draft was left.
  useEffect(() => {
    const seq = view.draft.peek()?.reply_to;
    if (seq) pane.replying.value = pane.thread.quote(seq).peek().row;
    if (matchMedia('(hover: hover)').matches) field.current?.focus({ preventScroll: true });
  }, []);
  // The field comes back when a recording is over.
  useEffect(() => { if (wasRecording.current && !recording) field.current?.focus(); wasRecording.current = recording; }, [recording]);
  useDrop(take);
  useLayoutEffect(() => {
    const area = field.current;
    if (!area || CSS.supports('field-sizing', 'content')) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (composing(event) || completing.current?.(event)) return;
    if (event.key === 'Enter' && (enterSends ? !event.shiftKey : event.ctrlKey || event.metaKey) && !event.altKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'ArrowUp' && text === '' && !editing) {
      const last = pane.thread.rows.peek().findLast((row) => mayEdit(view.meta.peek(), row, now.peek()));
      if (!last) return;
      event.preventDefault();
      edit(pane, last);
    } else if (event.key === 'Escape' && (editing || replying)) {
      event.preventDefault();
      event.stopPropagation();
      cancel();
    }
  };

  if (recording) {
    return <Recorder onDone={(voice) => { setRecording(false); if (voice) act(actions.sendFile({ conversation: view.id }, voice, { kind: 'voice', name: voice.name })); }} />;
  }
  return (
    <div class={css.composer}>
      {(editing ?? replying) && <Bar pane={pane} row={(editing ?? replying) as Row} onCancel={cancel} />}
      {!editing && COMPLETED.test(text.slice(0, caret)) && <Completion view={view} text={text} caret={caret} onPut={(next, at) => { write(next); put(next, at); }} keys={completing} onAria={setAria} />}
      {extra && <Extras {...extra} conversation={view.id} replyTo={replying?.seq ?? null} onClose={(sent) => { setExtra(null); if (sent) { pane.replying.value = null; void pane.thread.jump('newest'); } field.current?.focus(); }} />}
      <div class={css.line}>
        <div class={css.box}>
          <IconButton
            icon="attach" label={t('chat.attach')} aria-haspopup="menu"
            onClick={({ currentTarget: anchor }) => openMenu(anchor, [
              { label: t('chat.attachFiles'), icon: 'file', onSelect: () => picker.current?.click() },
              { label: t('chat.sendCard'), icon: 'user', onSelect: () => setExtra({ kind: 'card' }) },
              { label: t('chat.location'), icon: 'place', onSelect: () => setExtra({ kind: 'place' }) },
              { label: t('chat.sticker'), icon: 'emoji', onSelect: () => setExtra({ kind: 'sticker', anchor }) },
            ], { label: t('chat.attach') })}
          />
          <input ref={picker} type="file" multiple hidden onChange={(event) => { take([...(event.currentTarget.files ?? [])]); event.currentTarget.value = ''; }} />
          <textarea
            ref={field} rows={1} data-composer class={css.field} aria-label={t('chat.message')} placeholder={t(assistant ? 'chat.askAnything' : 'chat.message')} value={text} dir="auto"
            {...aria}
            onInput={(event) => { setCaret(event.currentTarget.selectionStart); write(event.currentTarget.value); }}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
            onKeyDown={onKeyDown}
            onPaste={(event) => {
              const files = [...(event.clipboardData?.files ?? [])];
              if (files.length === 0) return;
              event.preventDefault();
              take(files);
            }}
          />
          <EmojiButton onPick={insert} />
        </div>
        {writing && text.trim() === '' ? (
          <button type="button" class={css.send} aria-label={t('chat.stopAnswer')} title={t('chat.stopAnswer')} onClick={() => act(actions.stopAnswer(view.id))}><Icon name="stop" /></button>
        ) : text.trim() === '' && !editing && !assistant && capabilities().microphone === null && typeof MediaRecorder !== 'undefined' ? (
          <button type="button" class={cx(css.send, css.mic)} aria-label={t('chat.record')} title={t('chat.record')} onClick={() => setRecording(true)}><Icon name="mic" /></button>
        ) : (
          <button type="button" class={cx(css.send, text.trim() === '' && css.idle)} aria-label={t('common.send')} title={t('common.send')} aria-disabled={text.trim() === ''} onClick={send}><Icon name={editing ? 'check' : 'send'} /></button>
        )}
      </div>
    </div>
  );
}

function keep(view: ConversationView, text: string, replying: Row | null): void {
  actions.setDraft(view.id, { text, reply_to: replying?.seq ?? null, mentions: mentionsIn(view, text).mentions });
}

/** Files can be dropped anywhere on the page of the thread. */
function useDrop(take: (files: File[]) => void): void {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const page = document.getElementById('content');
    const over = (event: DragEvent) => { if (event.dataTransfer?.types.includes('Files')) { event.preventDefault(); page?.setAttribute('data-drop', t('chat.dropHere')); } };
    const leave = (event: DragEvent) => { if (!page?.contains(event.relatedTarget as Node | null)) page?.removeAttribute('data-drop'); };
    const drop = (event: DragEvent) => {
      page?.removeAttribute('data-drop');
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      latest.current(files);
    };
    const stop = new AbortController();
    page?.addEventListener('dragover', over, stop);
    page?.addEventListener('dragleave', leave, stop);
    page?.addEventListener('drop', drop, stop);
    return () => {
      stop.abort();
      page?.removeAttribute('data-drop');
    };
  }, []);
}

/** What is answered or edited. */
function Bar({ pane, row, onCancel }: { pane: Pane; row: Row; onCancel: () => void }) {
  const editing = pane.editing.value !== null;
  return (
    <div class={css.bar}>
      <Icon name={editing ? 'edit' : 'reply'} size={18} />
      <span class={css.words}>
        <strong>{editing ? t('chat.editing') : t('chat.replyingTo', { name: row.author === me() ? t('common.you') : nameIn(pane.view, row.author) })}</strong> {bodyWords(row.body)}
      </span>
      <IconButton icon="close" label={t(editing ? 'chat.cancelEdit' : 'chat.cancelReply')} onClick={onCancel} />
    </div>
  );
}
