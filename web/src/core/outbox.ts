// What is written and not yet on the server. A message is kept (durable) before it is shown, and shown before it is sent; it is
// sent under one key until an outcome says that it is on the server's disk. So it arrives once, whatever breaks on the way.

import type { Command, CommandResult, Key, Lsn, MediaInfo } from './protocol';
import type { Outgoing, To } from './model';
import { Problem, problemOf } from './problem';
import type { Outcome } from './socket';

/** Waits between tries of the same message while there is a connection. */
export const RETRY_MIN_MS = 1_000;
export const RETRY_MAX_MS = 30_000;
/** A message that could not be sent for so long is given up: its writer decides. */
export const GIVE_UP_MS = 24 * 3_600_000;
/** More than that do not wait. */
export const OUTBOX_MAX = 1_000;

/** Refusals that pass: the message stays and is sent again. Everything else is for good. */
const PASSING = new Set([
  'unauthenticated', 'token_expired', 'session_revoked', 'window_exceeded', 'rate_limited', 'overloaded', 'unavailable', 'read_only',
  'offline', 'timeout', 'suspended',
]);

export interface OutboxWorld {
  now(): number;
  submit(command: Command, key: Key): Promise<Outcome>;
  /** Uploads a file and gives what the server knows of it; goes on where it stopped. */
  upload(item: Outgoing): Promise<MediaInfo>;
  /** Writes it down. Resolves when it is durable. */
  keep(item: Outgoing): Promise<void>;
  forget(key: Key): Promise<void>;
  /** A row came or changed. */
  changed(item: Outgoing): void;
  /** It is on the server (or was discarded: no outcome), and leaves. */
  gone(item: Outgoing, outcome: { lsn: Lsn; result: CommandResult } | null): void;
  newKey(): Key;
}

export class Outbox {
  private readonly items = new Map<Key, Outgoing>();
  private readonly busy = new Set<Key>();
  /** Not before: after a refusal with `retry_after_ms` everything waits, so that nothing overtakes. */
  private notBefore = 0;
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** True while the log is synchronised: only then is it known what is missing. */
  private ready = false;

  constructor(private readonly world: OutboxWorld) {}

  /** Everything, in the order in which it was written. */
  all(): Outgoing[] {
    return [...this.items.values()].sort((a, b) => a.order - b.order);
  }

  has(key: Key): boolean {
    return this.items.has(key);
  }

  /** What an earlier page left behind. */
  load(items: readonly Outgoing[]): void {
    for (const item of items) if (!this.items.has(item.key)) this.items.set(item.key, item);
    for (const item of this.all()) this.world.changed(item);
    this.pump();
  }

  async add(item: Outgoing): Promise<void> {
    if (this.items.size >= OUTBOX_MAX) {
      throw new Problem('full', `${OUTBOX_MAX} messages are waiting to be sent; wait for the connection, or discard some.`);
    }
    await this.world.keep(item);
    this.items.set(item.key, item);
    this.world.changed(item);
    this.pump();
  }

  /** Try a failed one again. The time of a key that the server no longer takes is past, so it gets a new one. */
  async retry(key: Key): Promise<void> {
    const item = this.items.get(key);
    if (!item?.failed || this.busy.has(key)) return;
    const newKey = item.failed.code === 'key_expired' || item.failed.code === 'idempotency_conflict' ? this.world.newKey() : key;
    const next: Outgoing = { ...item, key: newKey, failed: null, at: this.world.now() };
    await this.world.keep(next);
    if (newKey !== key) await this.remove(item, null);
    this.items.set(newKey, next);
    this.world.changed(next);
    this.pump();
  }

  async discard(key: Key): Promise<void> {
    const item = this.items.get(key);
    if (item) await this.remove(item, null);
  }

  /** An own entry with this key came: the message is there, whatever became of its outcome. */
  async arrived(key: Key): Promise<void> {
    const item = this.items.get(key);
    if (item) await this.remove(item, null);
  }

  /** The connection is there and the log is synchronised, or not any more. */
  setReady(ready: boolean): void {
    this.ready = ready;
    if (ready) {
      this.tries = 0;
      this.notBefore = 0;
    }
    this.pump();
  }

  stop(): void {
    this.ready = false;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  /** One of each destination goes at a time, in order. */
  private pump(): void {
    if (!this.ready) return;
    const wait = this.notBefore - this.world.now();
    if (wait > 0) return this.later(wait);
    const lanes = new Set<string>();
    for (const item of this.all()) {
      if (item.failed) continue;
      const lane = laneOf(item.to);
      if (lanes.has(lane)) continue;
      lanes.add(lane);
      if (!this.busy.has(item.key)) void this.push(item);
    }
  }

  private later(wait: number): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.pump();
    }, wait);
  }

  private async push(item: Outgoing): Promise<void> {
    this.busy.add(item.key);
    try {
      const ready = await this.withFile(item);
      const outcome = await this.world.submit(commandOf(ready), item.key);
      this.tries = 0;
      if (this.items.has(item.key)) await this.remove(ready, outcome);
    } catch (error) {
      await this.refused(item.key, problemOf(error));
    } finally {
      this.busy.delete(item.key);
    }
    this.pump();
  }

  /** The message with its file, which is written down when it is complete. */
  private async withFile(item: Outgoing): Promise<Outgoing> {
    if (!item.upload || item.upload.media) return item;
    const media = await this.world.upload(item);
    const body = 'media' in item.body ? { media: { ...item.body.media, info: media } } : item.body;
    const next: Outgoing = { ...item, body, upload: { ...item.upload, media } };
    if (!this.items.has(item.key)) throw new Problem('given_up', 'The message was discarded.');
    await this.change(next);
    return next;
  }

  private async refused(key: Key, problem: Problem): Promise<void> {
    const item = this.items.get(key);
    if (!item) return;
    if (!PASSING.has(problem.code)) return this.fail(item, problem.code as NonNullable<Outgoing['failed']>['code'], problem.message);
    if (this.world.now() - item.at > GIVE_UP_MS) {
      return this.fail(item, 'given_up', 'This message could not be sent for a day; send it again, or discard it.');
    }
    const own = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.tries, 10));
    this.tries += 1;
    this.notBefore = this.world.now() + (problem.retryAfterMs ?? own);
  }

  private fail(item: Outgoing, code: NonNullable<Outgoing['failed']>['code'], message: string): Promise<void> {
    return this.change({ ...item, failed: { code, message } });
  }

  /** Changes a row that is there: durable first. */
  async change(item: Outgoing): Promise<void> {
    await this.world.keep(item);
    this.items.set(item.key, item);
    this.world.changed(item);
  }

  private async remove(item: Outgoing, outcome: Outcome | null): Promise<void> {
    this.items.delete(item.key);
    this.world.gone(item, outcome);
    await this.world.forget(item.key);
  }
}

/** Messages of one lane go in order; lanes do not wait for each other. */
export const laneOf = (to: To): string => ('user' in to ? `user ${to.user.toLowerCase()}` : `conversation ${to.conversation}`);

function commandOf(item: Outgoing): Command {
  if (item.forward) return { forward: { ...item.forward, to: item.to } };
  const { body, upload } = item;
  if ('media' in body) {
    if (!upload?.media) throw new Problem('upload', 'The file is not there yet.');
    return { send: { to: item.to, content: { media: { kind: upload.kind, media: upload.media.media, caption: upload.caption } } } };
  }
  if ('text' in body || 'location' in body || 'contact_card' in body || 'sticker' in body || 'custom' in body || 'buttons' in body) {
    return { send: { to: item.to, content: body } };
  }
  throw new Problem('invalid', 'This cannot be sent.');
}
