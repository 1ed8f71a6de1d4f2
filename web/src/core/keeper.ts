// Writes down what happened, a moment later and many things together. The place in the log moves in the same transaction as what is
// below it, so a page that dies loses a moment and nothing else.

import type { ConversationId } from './protocol';
import type { Event } from './events';
import type { State } from './state';
import { noChanges, type Changes, type Db, type Place } from './db';

const WRITE_AFTER_MS = 300;
const TRIM_AFTER_MS = 60_000;

export class Keeper {
  private changes: Changes = noChanges();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly trimming: ReturnType<typeof setInterval>;
  private readonly touched = new Set<ConversationId>();
  private writing: Promise<void> = Promise.resolve();

  /** `failed` is told when nothing can be kept any more (the disk is full, the database is gone). */
  constructor(private readonly db: Db, private readonly state: State, private readonly failed: () => void) {
    this.trimming = setInterval(() => void this.trim(), TRIM_AFTER_MS);
  }

  /** What was applied to the state, to be written down. */
  note(event: Event): void {
    const { changes } = this;
    if ('conversation' in event) {
      this.conversation(event.conversation.id);
      for (const { seq } of event.conversation.entries) this.entry(event.conversation.id, seq);
    } else if ('entry' in event) {
      this.conversation(event.entry.conversation);
      this.entry(event.entry.conversation, event.entry.entry.seq);
    } else if ('page' in event) for (const { seq } of event.page.entries) this.entry(event.page.conversation, seq);
    else if ('receipt' in event) this.conversation(event.receipt.conversation);
    else if ('inbox' in event) this.conversation(event.inbox.conversation);
    else if ('reading' in event) this.conversation(event.reading.conversation);
    else if ('profiles' in event) for (const profile of event.profiles) changes.profiles.set(profile.user, profile);
    else if ('contacts' in event) this.contacts(event.contacts.rows.map((row) => row.user));
    else if ('draft' in event) changes.drafts.set(event.draft.conversation, event.draft.draft);
    else if ('me' in event) changes.kv.set('me', event.me);
    else if ('labels' in event) changes.kv.set('labels', event.labels);
    else return;
    this.soon();
  }

  place(place: Place): void {
    this.changes.kv.set('place', place);
    this.soon();
  }

  /** Everything that was noted is on the disk. */
  async flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const changes = this.changes;
    this.changes = noChanges();
    this.writing = this.writing.then(() => this.db.write(changes)).catch(() => this.failed());
    await this.writing;
  }

  /** Everything goes but what was written here. */
  async clear(): Promise<void> {
    this.changes = { ...noChanges(), drafts: this.changes.drafts };
    this.writing = this.writing.then(() => this.db.clearCache()).catch(() => this.failed());
    await this.writing;
  }

  stop(): Promise<void> {
    clearInterval(this.trimming);
    return this.flush();
  }

  private soon(): void {
    this.timer ??= setTimeout(() => void this.flush(), WRITE_AFTER_MS);
  }

  private conversation(id: ConversationId): void {
    const conversation = this.state.get(id);
    if (!conversation) return;
    this.changes.conversations.set(id, {
      meta: conversation.meta.peek(),
      cursors: [...conversation.cursors.peek().values()],
      read: conversation.readAhead,
    });
    if (conversation.log.floor > 1) this.changes.floors.set(id, conversation.log.floor);
  }

  private entry(id: ConversationId, seq: number): void {
    const entry = this.state.get(id)?.log.get(seq);
    if (!entry) return;
    this.changes.entries.set(`${id}:${seq}`, { conversation: id, entry });
    this.touched.add(id);
  }

  private contacts(users: string[]): void {
    for (const user of users) {
      const contact = this.state.people.contact(user);
      if (contact) this.changes.contacts.set(user, contact);
    }
  }

  private async trim(): Promise<void> {
    if (this.touched.size === 0) return;
    const touched = [...this.touched];
    this.touched.clear();
    const byChange = this.state.every().sort((a, b) => b.meta.peek().at - a.meta.peek().at).map(({ id }) => id);
    await this.db.trim(byChange, touched).catch(() => this.failed());
  }
}
