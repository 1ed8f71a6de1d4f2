// What was typed in the last moment of a page. A transaction of IndexedDB that a page begins while it goes is not carried out, and
// localStorage is written at once: the next page that leads moves it into the database.

import type { ConversationId } from './protocol';
import type { Draft } from './model';

export type Words = ReadonlyMap<ConversationId, Draft | null>;

export class LastWords {
  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {}

  of(user: string): Map<ConversationId, Draft | null> {
    try {
      return new Map(JSON.parse(this.storage.getItem(nameOf(user)) ?? '[]') as Array<[ConversationId, Draft | null]>);
    } catch {
      return new Map();
    }
  }

  keep(user: string, words: Words): void {
    if (words.size === 0) return;
    try {
      this.storage.setItem(nameOf(user), JSON.stringify([...words]));
    } catch {
      // No room: the database has all but the last moment.
    }
  }

  forget(user: string): void {
    this.storage.removeItem(nameOf(user));
  }
}

const nameOf = (user: string): string => `tidings.words.${user.toLowerCase()}`;
