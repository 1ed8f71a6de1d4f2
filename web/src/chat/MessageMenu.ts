// What the menu of a message offers, and the keys that do the same.

import { actions, textOf, type Row } from '../core';
import { t } from '../i18n';
import { now, toast, toastError, type MenuItem } from '../ui';
import { mayAnswer, mayEdit, mayForward, mayPin, mayRecall } from './may';
import { edit, reply, type Pane } from './pane';

const act = (promise: Promise<unknown>): void => void promise.catch(toastError);

function copy(row: Row): void {
  const text = textOf(row.body)?.text ?? '';
  act(navigator.clipboard.writeText(text).then(() => toast(t('common.copied'))));
}

export function menuOf(pane: Pane, row: Row): MenuItem[] {
  const meta = pane.view.meta.peek();
  const { seq } = row;
  if (row.state === 'failed') {
    return [
      { label: t('common.retry'), icon: 'retry', onSelect: () => act(actions.retry(row.id)) },
      { label: t('chat.discard'), icon: 'trash', danger: true, onSelect: () => act(actions.discard(row.id)) },
    ];
  }
  const role = pane.view.members.peek()?.find(({ user }) => user === row.author)?.role;
  const pinned = pane.view.pins.peek()?.some((other) => other.seq === seq) ?? false;
  const items: MenuItem[] = [];
  if (mayAnswer(meta, row)) items.push({ label: t('chat.reply'), icon: 'reply', hint: 'R', onSelect: () => reply(pane, row) });
  if (mayEdit(meta, row, now.peek())) items.push({ label: t('common.edit'), icon: 'edit', hint: 'E', onSelect: () => edit(pane, row) });
  if (textOf(row.body)?.text) items.push({ label: t('chat.copyText'), icon: 'copy', onSelect: () => copy(row) });
  if (mayForward(row)) items.push({ label: t('chat.forward'), icon: 'forward', onSelect: () => { pane.dialog.value = { kind: 'forward', row }; } });
  if (seq !== null && mayPin(meta, row)) {
    items.push({ label: t(pinned ? 'chat.unpinMessage' : 'chat.pinMessage'), icon: 'pin', onSelect: () => act(actions.pinEntry(row.conversation, seq, !pinned)) });
  }
  if (row.mine && seq !== null && row.message && !('recalled' in row.body)) items.push({ label: t('chat.readBy'), icon: 'checks', onSelect: () => { pane.dialog.value = { kind: 'readers', row }; } });
  if (mayRecall(meta, row, now.peek(), role)) items.push('separator', { label: t('chat.recall'), icon: 'undo', danger: true, onSelect: () => { pane.dialog.value = { kind: 'recall', row }; } });
  return items;
}

/** The keys of a message that has the focus. True when the key was one. */
export function messageKey(pane: Pane, row: Row, key: string): boolean {
  const meta = pane.view.meta.peek();
  if (key === 'r' && mayAnswer(meta, row)) reply(pane, row);
  else if (key === 'e' && mayEdit(meta, row, now.peek())) edit(pane, row);
  else return false;
  return true;
}
