// What stands above the thread: its panels, and dialogs about one message.

import { useEffect, useState } from 'preact/hooks';
import { actions, store, textOf, type Cursor, type Row, type To } from '../core';
import { Face } from '../contacts/Face';
import { t } from '../i18n';
import { Button, ConfirmDialog, Dialog, ErrorState, Field, ListRow, SkeletonRows, toast, toastError } from '../ui';
import css from './Above.module.css';
import { Lightbox } from './Lightbox';
import { ChatFace } from './List';
import { recall } from './Message';
import type { Pane } from './pane';
import { PinsPanel, SearchPanel } from './Panels';
import { bodyWords, me, nameIn } from './words';

export function Above({ pane }: { pane: Pane }) {
  const dialog = pane.dialog.value;
  const panel = pane.panel.value;
  const close = () => { pane.dialog.value = null; };
  return (
    <>
      {panel === 'search' && <SearchPanel pane={pane} />}
      {panel === 'pins' && <PinsPanel pane={pane} />}
      {dialog?.kind === 'recall' && (
        <ConfirmDialog danger title={t('chat.recallTitle')} text={t('chat.recallText')} confirm={t('chat.recall')} onConfirm={() => recall(dialog.row)} onClose={close}>
          <p class={css.quote}>{bodyWords(dialog.row.body)}</p>
        </ConfirmDialog>
      )}
      {dialog?.kind === 'forward' && <ForwardDialog row={dialog.row} onClose={close} />}
      {dialog?.kind === 'readers' && <ReadersDialog pane={pane} row={dialog.row} onClose={close} />}
      {dialog?.kind === 'photo' && <Lightbox pane={pane} first={dialog.id} onClose={close} />}
    </>
  );
}

/** So many chats get a message at once. */
const TARGETS_MAX = 20;

function ForwardDialog({ row, onClose }: { row: Row; onClose: () => void }) {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const wanted = text.trim().toLocaleLowerCase();
  const views = store.conversations.value.filter((view) => view.writable.value === 'open' && view.title.value.toLocaleLowerCase().includes(wanted));
  const send = () => {
    const { seq } = row;
    if (seq === null || chosen.length === 0) return;
    onClose();
    actions.forward(row.conversation, seq, chosen.map((conversation): To => ({ conversation }))).then(() => toast(t('chat.forwarded')), toastError);
  };
  return (
    <Dialog
      title={t('chat.forwardTo')}
      onClose={onClose}
      actions={
        <>
          <span class={css.count} role="status">{t('chat.chosen', { count: chosen.length })}</span>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" disabled={chosen.length === 0} onClick={send}>{t('common.send')}</Button>
        </>
      }
    >
      <p class={css.quote}>{textOf(row.body)?.text ?? bodyWords(row.body)}</p>
      <Field label={t('common.search')} hideLabel size="small" icon="search" type="search" placeholder={t('common.search')} value={text} onInput={setText} data-autofocus />
      <div class={css.choices}>
        {views.map((view) => (
          <label key={view.id} class={css.choice}>
            <input
              type="checkbox" checked={chosen.includes(view.id)} disabled={!chosen.includes(view.id) && chosen.length >= TARGETS_MAX}
              onChange={(event) => setChosen(event.currentTarget.checked ? [...chosen, view.id] : chosen.filter((id) => id !== view.id))}
            />
            <ChatFace view={view} size={32} />
            <span>{view.title.value}</span>
          </label>
        ))}
        {views.length === 0 && <p class={css.nothing}>{t('common.noResults')}</p>}
      </div>
    </Dialog>
  );
}

function ReadersDialog({ pane, row, onClose }: { pane: Pane; row: Row; onClose: () => void }) {
  const [found, setFound] = useState<{ cursors: Cursor[]; read: number } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = () => {
    setError(null);
    if (row.seq !== null) actions.receipts(row.conversation, row.seq).then(setFound, setError);
  };
  useEffect(load, [row.id]);
  const seq = row.seq ?? 0;
  const others = found?.cursors.filter(({ user }) => user !== me()) ?? [];
  const readers = others.filter(({ read }) => read >= seq);
  // Names are bounded, the count is not; oneself is no reader.
  const count = found ? found.read - (found.cursors.some(({ user, read }) => user === me() && read >= seq) ? 1 : 0) : 0;
  const delivered = others.filter((cursor) => cursor.read < seq && (cursor.delivered ?? 0) >= seq);
  return (
    <Dialog title={found ? t('chat.readCount', { count }) : t('chat.readByTitle')} onClose={onClose}>
      {error !== null ? <ErrorState error={error} onRetry={load} /> : !found ? <SkeletonRows count={3} /> : readers.length + delivered.length === 0 ? (
        <p class={css.nothing}>{t('chat.nobodyYet')}</p>
      ) : (
        <>
          {readers.map(({ user }) => <ListRow key={user} leading={<Face user={user} size={36} />} title={nameIn(pane.view, user)} subtitle={t('chat.readTo')} />)}
          {delivered.map(({ user }) => <ListRow key={user} leading={<Face user={user} size={36} />} title={nameIn(pane.view, user)} subtitle={t('chat.deliveredTo')} />)}
        </>
      )}
    </Dialog>
  );
}
