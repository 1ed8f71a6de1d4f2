// What the parts of an open thread share: what is answered or edited, what is shown above it, and where to go in it.

import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Task } from '../assistant/Aside';
import { store, type ConversationView, type Row, type Seq, type Thread } from '../core';

export type PaneDialog = { kind: 'forward' | 'readers' | 'recall'; row: Row } | { kind: 'photo'; id: string };

export interface Pane {
  view: ConversationView;
  thread: Thread;
  /** The message that is answered. */
  replying: Signal<Row | null>;
  /** The own message that is edited. */
  editing: Signal<Row | null>;
  /** Words that go into the composer: those of a recalled message. */
  refill: Signal<string | null>;
  /** What an assistant does for this reader alone. */
  task: Signal<Task | null>;
  dialog: Signal<PaneDialog | null>;
  /** The places of what is pinned, each between commas: text, so that a row is drawn again only when it is about pins. */
  pinned: ReadonlySignal<string>;
  /** What stands beside or above the thread. */
  panel: Signal<'search' | 'pins' | null>;
  /** The place to go to next; the list of messages goes there as soon as it has the row. */
  target: Signal<Target | null>;
}

export type Target = { seq: Seq; as: 'unread' | 'hit' };

export function openPane(view: ConversationView, seq: Seq | null): Pane {
  const unread = view.unread.peek() > 0;
  const thread = store.openThread(view.id, seq ?? 'unread');
  return {
    view, thread,
    replying: signal(null), editing: signal(null), refill: signal(null), task: signal(null), dialog: signal(null),
    pinned: computed(() => `,${(view.pins.value ?? []).map((row) => row.seq).join()},`),
    panel: signal(null),
    target: signal(seq !== null ? { seq, as: 'hit' } : unread ? { seq: view.meta.peek().inbox.read + 1, as: 'unread' } : null),
  };
}

/** Shows a message with what is around it, and lights it up. */
export async function jumpTo(pane: Pane, seq: Seq): Promise<void> {
  if (!pane.thread.rows.peek().some((row) => row.seq === seq)) await pane.thread.jump(seq);
  pane.target.value = { seq, as: 'hit' };
}

/** Answers a message. */
export function reply(pane: Pane, row: Row): void {
  pane.editing.value = null;
  pane.replying.value = row;
}

/** Edits an own text. */
export function edit(pane: Pane, row: Row): void {
  pane.replying.value = null;
  pane.editing.value = row;
}
