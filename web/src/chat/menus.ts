// What the menus of a message and of a chat in the list offer. They come with the first menu.

import { actions, store, textOf, type Body, type ConversationView, type Row } from '../core';
import { t } from '../i18n';
import { act, type MenuItem, now, toast } from '../ui';
import { mayAnswer, mayEdit, mayForward, mayPin, mayRecall } from './may';
import { edit, reply, type Pane } from './pane';

function copy(row: Row): void {
  const text = textOf(row.body)?.text ?? '';
  act(navigator.clipboard.writeText(text).then(() => toast(t('common.copied'))));
}

/** The words of a message that are selected; none when nothing is, or something elsewhere. */
function selectedIn(row: Row): string | null {
  const selection = getSelection();
  const element = document.querySelector(`[data-row="${CSS.escape(row.id)}"]`);
  if (!selection || selection.rangeCount === 0 || !element?.contains(selection.getRangeAt(0).commonAncestorContainer)) return null;
  return selection.toString().trim() || null;
}

const hasWords = (body: Body): boolean => Boolean(textOf(body)?.text) || 'answer' in body || 'post' in body;

/** What can be done with a message. */
export function messageMenu(pane: Pane, row: Row): MenuItem[] {
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
  if (seq !== null && store.assistants.peek().length > 0 && hasWords(row.body)) {
    // Now: what is selected may not be any more when the menu has the focus.
    const text = selectedIn(row);
    items.push({ label: t('chat.translate'), icon: 'globe', ...(text ? { hint: shortened(text) } : {}), onSelect: () => { pane.task.value = { kind: 'translate', seq, text }; } });
  }
  if (mayForward(row)) items.push({ label: t('chat.forward'), icon: 'forward', onSelect: () => { pane.dialog.value = { kind: 'forward', row }; } });
  if (seq !== null && mayPin(meta, row)) {
    items.push({ label: t(pinned ? 'chat.unpinMessage' : 'chat.pinMessage'), icon: 'pin', onSelect: () => act(actions.pinEntry(row.conversation, seq, !pinned)) });
  }
  if (row.mine && seq !== null && row.message && !('recalled' in row.body)) items.push({ label: t('chat.readBy'), icon: 'checks', onSelect: () => { pane.dialog.value = { kind: 'readers', row }; } });
  if (mayRecall(meta, row, now.peek(), role)) items.push('separator', { label: t('chat.recall'), icon: 'undo', danger: true, onSelect: () => { pane.dialog.value = { kind: 'recall', row }; } });
  return items;
}

const HINT_CHARS_MAX = 24;
const shortened = (text: string): string => `“${text.length > HINT_CHARS_MAX ? `${text.slice(0, HINT_CHARS_MAX)}…` : text}”`;

/** What can be done with a chat of the list. */
export function chatMenu(view: ConversationView, onClear: (view: ConversationView) => void): MenuItem[] {
  const unread = view.unread.peek() > 0 || view.markedUnread.peek();
  const pinned = view.pinned.peek();
  const muted = view.muted.peek();
  return [
    { label: t(pinned ? 'chat.unpin' : 'chat.pin'), icon: 'pin', onSelect: () => act(actions.pin(view.id, !pinned)) },
    { label: t(muted ? 'chat.unmute' : 'chat.mute'), icon: muted ? 'bell' : 'bellOff', onSelect: () => act(actions.mute(view.id, muted ? null : 'forever')) },
    unread
      ? { label: t('chat.markRead'), icon: 'checks', onSelect: () => actions.markRead(view.id) }
      : { label: t('chat.markUnread'), icon: 'unread', onSelect: () => act(actions.markUnread(view.id)) },
    { label: t('chat.hide'), icon: 'eyeOff', onSelect: () => act(actions.hide(view.id, true)) },
    'separator',
    { label: t('chat.deleteHistory'), icon: 'trash', danger: true, onSelect: () => onClear(view) },
  ];
}
