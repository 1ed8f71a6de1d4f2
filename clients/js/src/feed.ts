// The event feed of an app, for the app's own backend: what happened in it, page by page, with a key of the app.

import type { ConversationId, Entry, Lsn, Name, Seq, UserId } from '../../../web/src/core/protocol';
import { Problem } from '../../../web/src/core/problem';
import { Rest } from './rest';
import { addressesOf } from './world';

/** Something that happened; docs/integration.md of the server says what there is ("Events"). */
export interface AppEvent {
  /** Unique for ever. No place to go on from. */
  id: string;
  /** `entry.text`, `entry.changed`, `user.created` … */
  type: string;
  lsn: Lsn;
  app: number;
  conversation: { id: ConversationId; kind: string; title: Name | null; users: UserId[] };
  /** As it is now. */
  entry?: Entry;
  /** Of `entries.trimmed`: the first that is kept. */
  first?: Seq;
  /** Of `user.…`: as they are now. */
  user?: { user: UserId; name: Name; kind: string; flags: Record<string, boolean>; deleted: boolean };
}

/** What happened up to a place. */
export interface FeedPage {
  /** In order; empty when nothing happened for a while. */
  events: AppEvent[];
  /** Where to go on from. Keep it, also of an empty page, once its events are handled: after a restart it is the next `after`. */
  next: string;
  /** Events before these are lost: whoever asks was away for more than seven days. Look at state once, then go on. */
  gap: boolean;
}

export interface FollowOptions {
  /** The address of the server's web client: `https://chat.example.org`. */
  url: string;
  /** Name or number. */
  app: string | number;
  /** A key of the app of the kind `api`. Never in a browser. */
  key: string;
  /** The `next` of a page before. Without it: from now on. */
  after?: string | undefined;
  /** Only these: `entry.text`, `entry.member_*`. */
  types?: readonly string[];
  /** A page comes at least so often, in seconds; at most 45. */
  wait?: number;
  /** About how many events of a page at most. */
  limit?: number;
  fetch?: typeof globalThis.fetch;
}

const PASSING = new Set(['offline', 'timeout', 'overloaded', 'rate_limited', 'unavailable']);
const PAUSE_MS_MAX = 60_000;
/** The server would wait for a minute, as long as an answer may take here. */
const WAIT_S_MAX = 45;

/**
 * Follows an app for as long as its pages are taken, also across restarts of the server. Throws a `Problem`: `conflict` when the place is of
 * other data (a backup was restored) or ahead of all that has happened: look at state once, then begin without `after`; `unauthenticated` when
 * the key is none any more.
 */
export async function* followApp({ url, app, key, after, types = [], wait = 30, limit = 100, fetch }: FollowOptions): AsyncGenerator<FeedPage, void> {
  const rest = new Rest(addressesOf(url).base, () => key, fetch ?? globalThis.fetch.bind(globalThis));
  const asked = new URLSearchParams({ wait: '0', limit: String(limit), types: types.join(',') });
  if (after !== undefined) asked.set('after', after);
  for (let failed = 0; ; ) {
    let page: FeedPage;
    try {
      page = await rest.ask<FeedPage>('GET', `/apps/${encodeURIComponent(app)}/events?${asked}`, { tries: 1 });
    } catch (error) {
      if (!(error instanceof Problem) || !PASSING.has(error.code)) throw error;
      const pause = Math.max(error.retryAfterMs ?? 0, Math.min(PAUSE_MS_MAX, 250 * 2 ** Math.min(failed, 20)) * (0.5 + Math.random() / 2));
      failed += 1;
      await new Promise((resolve) => setTimeout(resolve, pause));
      continue;
    }
    failed = 0;
    // The first answer says at once where one stands.
    asked.set('after', page.next);
    asked.set('wait', String(Math.min(wait, WAIT_S_MAX)));
    yield page;
  }
}
