// What the parts of an open chat share.

import { signal, type Signal } from '@preact/signals';
import type { ConversationState } from '../core/conversation';
import type { Row, To } from '../core/model';
import type { Attachment, Seq } from '../core/protocol';
import type { ThreadState } from '../core/thread';
import type { Session } from './session';

export interface Pane {
  session: Session;
  /** Where what is written goes. */
  to: To;
  /** None before the first message. */
  chat: ConversationState | null;
  thread: Signal<ThreadState | null>;
  /** The message that is answered. */
  replying: Signal<Row | null>;
  /** The own message that is edited. */
  editing: Signal<Row | null>;
  /** Words that go into the field: those of a message that was discarded. */
  refill: Signal<string | null>;
  /** The picture that is shown large. */
  picture: Signal<Attachment['info'] | null>;
  /** The message to go to. */
  target: Signal<Seq | null>;
  /** Counts what was said here: whoever says something looks at the end. */
  said: Signal<number>;
}

/** What lasts while the chat is open; the chat itself may begin meanwhile. */
export const openPane = (): Pick<Pane, 'thread' | 'replying' | 'editing' | 'refill' | 'picture' | 'target' | 'said'> =>
  ({ thread: signal(null), replying: signal(null), editing: signal(null), refill: signal(null), picture: signal(null), target: signal(null), said: signal(0) });

export function reply(pane: Pane, row: Row): void {
  pane.editing.value = null;
  pane.replying.value = row;
}

export function edit(pane: Pane, row: Row): void {
  pane.replying.value = null;
  pane.editing.value = row;
}

/** What somebody is called. */
export const nameOf = ({ session }: Pane, user: string): string => session.state.value?.people.person(user).value.name ?? user;
