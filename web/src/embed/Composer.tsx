// Where one writes, answers and edits, and where files come in: chosen, pasted, or dropped anywhere on the chat.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Row } from '../core/model';
import { textOf } from '../core/words';
import { useEdited } from '../chat/edited';
import { mayEdit } from '../chat/may';
import { composing } from '../ui/composing';
import css from './Embed.module.css';
import { t } from './i18n';
import { edit, nameOf, type Pane } from './pane';
import { Icon, IconButton } from './parts';
import { words } from './words';

/** What was written and not sent, by chat, for as long as the page is there. */
const drafts = new Map<string, string>();

export function Composer({ pane }: { pane: Pane }) {
  const { session, to, chat, editing, replying, refill } = pane;
  const name = JSON.stringify(to);
  const [text, setText] = useState(() => drafts.get(name) ?? '');
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const edited = editing.value;
  const answered = replying.value;

  const put = (next: string): void => {
    setText(next);
    const area = field.current;
    if (!area) return;
    area.value = next;
    area.focus();
    area.setSelectionRange(next.length, next.length);
  };
  const write = (next: string): void => {
    setText(next);
    if (edited) return;
    drafts.set(name, next);
    if (chat) session.typing(chat.id, next !== '');
  };
  /** Neither edits nor answers any more: what was written before is there again. */
  const cancel = (): void => {
    replying.value = editing.value = null;
    field.current?.focus();
  };
  const send = (): void => {
    // What stands in the field counts, also when it was written a moment ago.
    const said = (field.current?.value ?? text).trim();
    if (said === '') return;
    if (edited) {
      if (edited.seq !== null && textOf(edited.body)?.text !== said) session.act(session.edit(edited.conversation, edited.seq, said).catch((error: unknown) => { again(edited, said); throw error; }));
      return cancel();
    }
    session.send(to, { text: said, reply_to: answered?.seq ?? null });
    replying.value = null;
    write('');
    pane.said.value += 1;
    field.current?.focus();
  };
  const take = (files: readonly File[]): void => {
    if (files.length === 0) return;
    session.sendFiles(to, files, answered?.seq ?? null);
    replying.value = null;
    pane.said.value += 1;
  };
  const key = (event: KeyboardEvent): void => {
    if (composing(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'ArrowUp' && text === '' && !edited && chat) {
      const last = pane.thread.peek()?.rows.peek().findLast((row) => mayEdit(chat.meta.peek(), row, Date.now()));
      if (!last) return;
      event.preventDefault();
      edit(pane, last);
    } else if (event.key === 'Escape' && (edited || answered)) {
      event.preventDefault();
      cancel();
    }
  };

  const again = useEdited(edited, put, () => drafts.get(name) ?? '', (row) => { if (!editing.peek()) edit(pane, row); });
  useEffect(() => { if (answered) field.current?.focus(); }, [answered]);
  useEffect(() => {
    const back = refill.value;
    refill.value = null;
    if (back === null || edited || (field.current?.value ?? '').trim() !== '') return;
    write(back);
    put(back);
  }, [refill.value]);
  // The field grows with its words, also where browsers do not do it by themselves.
  useLayoutEffect(() => {
    const area = field.current;
    if (!area || CSS.supports('field-sizing', 'content')) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight + 2}px`;
  }, [text]);
  const over = useDrop(take);

  return (
    <form class={css.writing} onSubmit={(event) => { event.preventDefault(); send(); }}>
      {(edited ?? answered) && <Bar pane={pane} row={(edited ?? answered) as Row} onCancel={cancel} />}
      <div class={css.composer}>
        <IconButton icon="attach" label={t('chat.attach')} onClick={() => picker.current?.click()} />
        <input ref={picker} type="file" multiple hidden onChange={(event) => { take([...(event.currentTarget.files ?? [])]); event.currentTarget.value = ''; }} />
        <textarea
          ref={field} rows={1} class={css.field} value={text} dir="auto" aria-label={t('chat.message')} placeholder={t('chat.message')} onInput={(event) => write(event.currentTarget.value)} onKeyDown={key}
          onPaste={(event) => {
            const files = [...(event.clipboardData?.files ?? [])];
            if (files.length === 0) return;
            event.preventDefault();
            take(files);
          }}
        />
        <button type="submit" class={css.send} aria-label={t(edited ? 'chat.save' : 'common.send')} title={t(edited ? 'chat.save' : 'common.send')} disabled={text.trim() === ''}><Icon name={edited ? 'check' : 'send'} /></button>
      </div>
      {over && <div class={css.drop}>{t('chat.dropHere')}</div>}
    </form>
  );
}

/** What is answered or edited. */
function Bar({ pane, row, onCancel }: { pane: Pane; row: Row; onCancel: () => void }) {
  const editing = pane.editing.value !== null;
  return (
    <div class={css.bar}>
      <Icon name={editing ? 'edit' : 'reply'} size={18} />
      <span><strong>{editing ? t('chat.editing') : t('chat.replyingTo', { name: row.mine ? t('common.you') : nameOf(pane, row.author) })}</strong> <bdi>{words(row)}</bdi></span>
      <IconButton icon="close" label={t(editing ? 'chat.cancelEdit' : 'chat.cancelReply')} onClick={onCancel} />
    </div>
  );
}

/** Files that are dropped anywhere on the page; gives whether some are held over it. */
function useDrop(take: (files: File[]) => void): boolean {
  const latest = useRef(take);
  latest.current = take;
  const [over, setOver] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const hold = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => { if (event.relatedTarget === null) setOver(false); };
    const drop = (event: DragEvent) => {
      setOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      latest.current(files);
    };
    document.addEventListener('dragover', hold, stop);
    document.addEventListener('dragleave', leave, stop);
    document.addEventListener('drop', drop, stop);
    return () => stop.abort();
  }, []);
  return over;
}
