// The keys that work everywhere. A page has its own for what it shows.

import { store, type ConversationView } from '../core';
import { go, paths, route } from '../router';
import { composing } from '../ui/composing';
import { overlay } from './panes';

const writes = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select'));

/** The neighbour in the list, in a circle; of the unread ones when `unread`. */
export function neighbour(all: readonly ConversationView[], open: number | null, step: 1 | -1, unread: boolean): ConversationView | null {
  const now = all.findIndex((view) => view.id === open);
  const from = now < 0 && step < 0 ? all.length : now;
  for (let distance = 1; distance <= all.length; distance++) {
    const view = all[(from + step * distance + all.length * 2) % all.length];
    if (view && view.id !== open && (!unread || view.unread.peek() > 0 || view.markedUnread.peek())) return view;
  }
  return null;
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || composing(event)) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    overlay.value = overlay.peek() === 'switcher' ? null : 'switcher';
    return;
  }
  if (document.querySelector('dialog[open]')) return;
  if (event.altKey && !event.ctrlKey && !event.metaKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    const current = route.peek();
    const open = current.page === 'chats' ? current.conversation : null;
    const view = neighbour(store.conversations.peek(), open, event.key === 'ArrowDown' ? 1 : -1, event.shiftKey);
    event.preventDefault();
    if (view) go(paths.chat(view.id));
    return;
  }
  if (event.key === '?' && !event.ctrlKey && !event.metaKey && !writes(event.target)) {
    event.preventDefault();
    overlay.value = 'keys';
  }
}

/** Listens until the result is called. */
export function startKeys(): () => void {
  addEventListener('keydown', pressed);
  return () => removeEventListener('keydown', pressed);
}
