// What this device keeps, in IndexedDB: so that the client starts with everything on the screen, works without a network, and loses
// nothing that was written. Only the tab that leads has it open. One database for each user.

import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Contact, ConversationId, Cursor, Entry, Epoch, Key, Label, Lsn, Me, Profile, Seq, UserId } from './protocol';
import type { Draft, Outgoing } from './model';
import type { ConversationMeta } from './store';

/** Conversations whose entries are kept, and how many of each. */
export const CONVERSATIONS_MAX = 200;
export const ENTRIES_MAX = 500;
/** Profiles that are kept. */
const USERS_MAX = 5_000;

export interface KeptConversation {
  meta: ConversationMeta;
  cursors: Cursor[];
  /** Read here, and the server does not know it yet. */
  read: Seq | null;
}
/** Where the log stands: everything with a lower lsn is in the database. */
export interface Place {
  epoch: Epoch;
  cursor: Lsn;
}

interface Schema extends DBSchema {
  conversations: { key: ConversationId; value: KeptConversation };
  entries: { key: [ConversationId, Seq]; value: Entry & { conversation: ConversationId } };
  users: { key: UserId; value: Profile };
  contacts: { key: UserId; value: Contact };
  outbox: { key: Key; value: Outgoing };
  drafts: { key: ConversationId; value: Draft };
  kv: { key: string; value: Place | Me | Label[] };
}

const STORES = ['conversations', 'entries', 'users', 'contacts', 'outbox', 'drafts', 'kv'] as const;
/** What comes from the server and can be had again. */
const CACHE = ['conversations', 'entries', 'users', 'contacts', 'kv'] as const;
const nameOf = (user: UserId): string => `tidings-${user.toLowerCase()}`;

/** What was kept, to start with. */
export interface Kept {
  place: Place | null;
  me: Me | null;
  labels: Label[] | null;
  conversations: KeptConversation[];
  profiles: Profile[];
  contacts: Contact[];
  outbox: Outgoing[];
  drafts: Array<{ conversation: ConversationId; draft: Draft }>;
}

/** Changes that are written together: the place moves only with what is below it. */
export interface Changes {
  conversations: Map<ConversationId, KeptConversation>;
  entries: Map<string, { conversation: ConversationId; entry: Entry }>;
  floors: Map<ConversationId, Seq>;
  profiles: Map<UserId, Profile>;
  contacts: Map<UserId, Contact>;
  drafts: Map<ConversationId, Draft | null>;
  kv: Map<string, Place | Me | Label[]>;
}

export const noChanges = (): Changes => ({
  conversations: new Map(), entries: new Map(), floors: new Map(), profiles: new Map(), contacts: new Map(), drafts: new Map(),
  kv: new Map(),
});

export class Db {
  private constructor(private readonly db: IDBPDatabase<Schema>) {}

  /** The database of a user, by the name under which things of them are kept. */
  static async open(user: string): Promise<Db> {
    const db = await openDB<Schema>(nameOf(user), 1, {
      upgrade(made) {
        made.createObjectStore('conversations');
        made.createObjectStore('entries', { keyPath: ['conversation', 'seq'] });
        made.createObjectStore('users');
        made.createObjectStore('contacts');
        made.createObjectStore('outbox');
        made.createObjectStore('drafts');
        made.createObjectStore('kv');
      },
      // Another tab deletes it, or a newer client changes it: do not stand in the way.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    return new Db(db);
  }

  static delete(user: string): Promise<void> {
    return deleteDB(nameOf(user));
  }

  close(): void {
    this.db.close();
  }

  async load(): Promise<Kept> {
    const tx = this.db.transaction(STORES);
    const of = <K extends (typeof STORES)[number]>(store: K) => tx.objectStore(store);
    const [place, me, labels, conversations, profiles, contacts, outbox, draftKeys, drafts] = await Promise.all([
      of('kv').get('place'), of('kv').get('me'), of('kv').get('labels'), of('conversations').getAll(), of('users').getAll(null, USERS_MAX),
      of('contacts').getAll(), of('outbox').getAll(), of('drafts').getAllKeys(), of('drafts').getAll(),
    ]);
    return {
      place: (place as Place | undefined) ?? null,
      me: (me as Me | undefined) ?? null,
      labels: (labels as Label[] | undefined) ?? null,
      conversations, profiles, contacts, outbox,
      drafts: drafts.map((draft, at) => ({ conversation: draftKeys[at]!, draft })),
    };
  }

  /** The newest entries at or below `to`, oldest first. */
  async entries(conversation: ConversationId, to: Seq | null, limit: number): Promise<Entry[]> {
    const range = IDBKeyRange.bound([conversation, 0], [conversation, to ?? Number.MAX_SAFE_INTEGER]);
    const rows: Entry[] = [];
    let cursor = await this.db.transaction('entries').store.openCursor(range, 'prev');
    while (cursor && rows.length < limit) {
      const { conversation: _, ...entry } = cursor.value;
      rows.push(entry);
      cursor = await cursor.continue();
    }
    return rows.reverse();
  }

  async write(changes: Changes): Promise<void> {
    const tx = this.db.transaction(STORES, 'readwrite');
    const of = <K extends (typeof STORES)[number]>(store: K) => tx.objectStore(store);
    for (const [id, floor] of changes.floors) void of('entries').delete(IDBKeyRange.bound([id, 0], [id, floor], false, true));
    for (const { conversation, entry } of changes.entries.values()) void of('entries').put({ ...entry, conversation });
    for (const [id, conversation] of changes.conversations) void of('conversations').put(conversation, id);
    for (const [user, profile] of changes.profiles) void of('users').put(profile, user);
    for (const [user, contact] of changes.contacts) void of('contacts').put(contact, user);
    for (const [id, draft] of changes.drafts) void (draft ? of('drafts').put(draft, id) : of('drafts').delete(id));
    for (const [name, value] of changes.kv) void of('kv').put(value, name);
    await tx.done;
  }

  async putOutgoing(item: Outgoing): Promise<void> {
    await this.db.put('outbox', item, item.key);
  }

  async deleteOutgoing(key: Key): Promise<void> {
    await this.db.delete('outbox', key);
  }

  /** The server's data is another: everything goes but what was written here. */
  async clearCache(): Promise<void> {
    const tx = this.db.transaction(CACHE, 'readwrite');
    for (const store of CACHE) void tx.objectStore(store).clear();
    await tx.done;
  }

  /** Deletes what is beyond the bounds. `byChange` has all conversations, the last changed first. */
  async trim(byChange: readonly ConversationId[], touched: Iterable<ConversationId>): Promise<void> {
    const whole = (id: ConversationId): IDBKeyRange => IDBKeyRange.bound([id, 0], [id, Number.MAX_SAFE_INTEGER]);
    const tx = this.db.transaction('entries', 'readwrite');
    for (const id of byChange.slice(CONVERSATIONS_MAX)) void tx.store.delete(whole(id));
    for (const id of touched) {
      const keys = await tx.store.getAllKeys(whole(id));
      const first = keys.at(-ENTRIES_MAX);
      if (first && keys.length > ENTRIES_MAX) void tx.store.delete(IDBKeyRange.bound([id, 0], first, false, true));
    }
    await tx.done;
  }
}
