import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Outgoing } from '../../../src/core/model';
import type { Conversation, ConversationId, Entry, Profile } from '../../../src/core/protocol';
import { State } from '../../../src/core/state';
import { ThreadState } from '../../../src/core/thread';
import { entryOf, recordOf, text } from './fake';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(...records: Conversation[]) {
  const asked: string[][] = [];
  const state = new State('ada', () => Date.now(), (users) => void asked.push(users));
  for (const conversation of records) state.apply({ conversation });
  const entry = (conversation: ConversationId, made: Entry) => state.apply({ entry: { conversation, entry: made } });
  return { state, entry, asked, get: (id: ConversationId) => state.get(id)! };
}

const profile = (user: string, name: string, changed = 1): Profile => ({
  user, name, kind: 'person', deleted: false, changed,
  card: { avatar: null, gender: null, birthday: null, location: null, signature: null, language: null, phone: null, email: null, extra: {} },
});
const contact = (user: string, remark: string | null, changed = 2) => ({
  user, profile: profile(user, user.toUpperCase()), contact: true, blocked: false, remark, labels: [], extra: {}, since: 1, changed,
});
const outgoing = (key: string, to: Outgoing['to'], more: Partial<Outgoing> = {}): Outgoing => ({
  key, order: 1, to, body: text(key), forward: null, origin: null, upload: null, at: 5_000, failed: null, ...more,
});

describe('the list', () => {
  it('has pinned ones first, then the last change, without hidden ones and the feed', () => {
    const { state } = setUp(
      recordOf(1, { at: 10, peer: 'a' }),
      recordOf(2, { at: 30, peer: 'b' }),
      recordOf(3, { at: 5, peer: 'c', inbox: { ...recordOf(3).inbox, pinned: true } }),
      recordOf(4, { at: 99, peer: 'd', inbox: { ...recordOf(4).inbox, hidden: true } }),
      recordOf(5, { at: 98, kind: 'feed', peer: null }),
    );
    expect(state.conversations.value.map(({ id }) => id)).toEqual([3, 2, 1]);
  });

  it('moves a conversation up with a message, and brings a hidden one back', () => {
    const { state, entry } = setUp(
      recordOf(1, { at: 10 }),
      recordOf(2, { at: 30, peer: 'b' }),
      recordOf(4, { at: 5, peer: 'd', inbox: { ...recordOf(4).inbox, hidden: true } }),
    );
    entry(1, entryOf(1, 'bob', { at: 50 }));
    expect(state.conversations.value.map(({ id }) => id)).toEqual([1, 2]);
    entry(4, entryOf(1, 'd', { at: 60 }));
    expect(state.conversations.value.map(({ id }) => id)).toEqual([4, 1, 2]);
    state.apply({ outgoing: outgoing('k', { conversation: 2 }, { at: 70 }) });
    expect(state.conversations.value.map(({ id }) => id)).toEqual([2, 4, 1]);
  });

  it('names people by the own remark, then their name, then their id, and asks for many at once', () => {
    const { state, asked, get } = setUp(recordOf(1, { peer: 'bob' }), recordOf(2, { peer: 'cy' }));
    expect(get(1).title.value).toBe('bob');
    expect(get(2).title.value).toBe('cy');
    vi.advanceTimersByTime(100);
    expect(asked).toEqual([['bob', 'cy']]);
    state.apply({ profiles: [profile('bob', 'Bob')] });
    expect(get(1).title.value).toBe('Bob');
    state.apply({ contacts: { rows: [contact('bob', 'Bobby')], whole: 'contacts' } });
    expect(get(1).title.value).toBe('Bobby');
    state.apply({ profiles: [profile('bob', 'Old Bob', 0)] });
    expect(state.people.person('bob').value.displayName).toBe('BOB');
  });
});

describe('unread', () => {
  it('counts messages of others, not notices, and mentions', () => {
    const { entry, get, state } = setUp(recordOf(1));
    entry(1, entryOf(1, 'bob'));
    entry(1, entryOf(2, 'bob', { body: { renamed: { title: 'x' } }, ordinal: 1 }));
    entry(1, entryOf(3, 'bob', { body: text('@ada', { mentions: ['Ada'] }), ordinal: 2 }));
    expect(get(1).unread.value).toBe(2);
    expect(get(1).mentions.value).toBe(1);
    expect(state.attention.value).toEqual({ count: 2, mentioned: true });
  });

  it('is right although entries were missed on the way', () => {
    const { entry, get } = setUp(recordOf(1));
    entry(1, entryOf(10, 'bob', { ordinal: 8 }));
    expect(get(1).unread.value).toBe(8);
  });

  it('goes at once with reading here, and does not come back with what the server did not know yet', () => {
    const { state, entry, get } = setUp(recordOf(1));
    for (let seq = 1; seq <= 5; seq += 1) entry(1, entryOf(seq, 'bob'));
    state.apply({ reading: { conversation: 1, seq: 3 } });
    expect(get(1).unread.value).toBe(2);
    state.apply({ inbox: { ...recordOf(1).inbox, lsn: 9, read: 1, unread: 4, pinned: true } });
    expect(get(1).unread.value).toBe(2);
    expect(get(1).pinned.value).toBe(true);
  });

  it('follows the other devices, and older never overwrites newer', () => {
    const { state, entry, get } = setUp(recordOf(1));
    entry(1, entryOf(1, 'bob'));
    state.apply({ inbox: { ...recordOf(1).inbox, lsn: 5, read: 1, unread: 0 } });
    state.apply({ inbox: { ...recordOf(1).inbox, lsn: 4, read: 0, unread: 1 } });
    expect(get(1).unread.value).toBe(0);
    state.apply({ inbox: { ...recordOf(1).inbox, lsn: 6, read: 1, unread: 0, marked_unread: true } });
    expect(get(1).markedUnread.value).toBe(true);
    expect(state.attention.value.count).toBe(1);
  });

  it('ends with an own message; muted ones do not count for attention', () => {
    const { state, entry, get } = setUp(recordOf(1));
    entry(1, entryOf(1, 'bob'));
    state.apply({ inbox: { ...recordOf(1).inbox, lsn: 3, unread: 1, muted_until: Date.now() + 10_000 } });
    expect(get(1).unread.value).toBe(1);
    expect(state.attention.value.count).toBe(0);
    entry(1, entryOf(2, 'ada'));
    expect(get(1).unread.value).toBe(0);
  });
});

describe('ticks', () => {
  const state = (id: ConversationId, all: State) => all.get(id)!.last.value?.state;

  it('of a direct chat: sending, sent, delivered, read, and never backwards', () => {
    const { state: all, entry } = setUp(recordOf(1));
    all.apply({ outgoing: outgoing('k1', { conversation: 1 }) });
    expect(state(1, all)).toBe('sending');
    const id = all.get(1)!.last.value!.id;
    entry(1, entryOf(1, 'ada', { key: 'k1' }));
    all.apply({ gone: 'k1' });
    expect(state(1, all)).toBe('sent');
    expect(all.get(1)!.last.value!.id).toBe(id);
    all.apply({ receipt: { conversation: 1, moved: [{ user: 'bob', delivered: 1, read: 0 }] } });
    expect(state(1, all)).toBe('delivered');
    all.apply({ receipt: { conversation: 1, moved: [{ user: 'bob', delivered: 1, read: 1 }] } });
    expect(state(1, all)).toBe('read');
    all.apply({ receipt: { conversation: 1, moved: [{ user: 'bob', delivered: 0, read: 0 }] } });
    expect(state(1, all)).toBe('read');
  });

  it('of a group: read with the first reader', () => {
    const { state: all, entry } = setUp(recordOf(1, { kind: 'group', peer: null, title: 'G', cursors: [{ user: 'ada', delivered: null, read: 0 }] }));
    entry(1, entryOf(1, 'ada'));
    expect(state(1, all)).toBe('sent');
    all.apply({ receipt: { conversation: 1, moved: [{ user: 'cy', delivered: null, read: 1 }, { user: 'bob', delivered: null, read: 1 }] } });
    expect(all.get(1)!.last.value).toMatchObject({ state: 'read', readers: 2 });
  });

  it('says why a message failed', () => {
    const { state: all } = setUp(recordOf(1));
    all.apply({ outgoing: outgoing('k', { user: 'BOB' }, { failed: { code: 'blocked', message: 'They want no messages.' } }) });
    expect(all.get(1)!.last.value).toMatchObject({ state: 'failed', problem: { code: 'blocked' } });
    expect(all.unsent.value).toBe(1);
  });

  it('gives the same row while nothing of it has changed', () => {
    const { state: all, entry } = setUp(recordOf(1));
    entry(1, entryOf(1, 'bob'));
    const before = all.get(1)!.last.value;
    all.apply({ typing: { conversation: 1, user: 'bob', active: true } });
    entry(1, entryOf(1, 'bob'));
    expect(all.get(1)!.last.value).toBe(before);
  });
});

describe('typing and drafts', () => {
  it('somebody who types is forgotten after 6 s, or when they have said it', () => {
    const { state, entry, get } = setUp(recordOf(1));
    state.apply({ typing: { conversation: 1, user: 'bob', active: true } });
    state.apply({ typing: { conversation: 1, user: 'ada', active: true } });
    expect(get(1).typing.value).toEqual(['bob']);
    vi.advanceTimersByTime(6_100);
    expect(get(1).typing.value).toEqual([]);
    state.apply({ typing: { conversation: 1, user: 'bob', active: true } });
    entry(1, entryOf(1, 'bob'));
    expect(get(1).typing.value).toEqual([]);
  });

  it('a draft is there before its conversation is, and outlives other data', () => {
    const { state } = setUp();
    const draft = { text: 'half a th', reply_to: null, mentions: [], at: 1 };
    state.apply({ draft: { conversation: 1, draft } });
    state.apply({ conversation: recordOf(1) });
    expect(state.get(1)!.draft.value).toEqual(draft);
    state.apply({ cleared: {} });
    state.apply({ conversation: recordOf(1) });
    expect(state.get(1)!.draft.value).toEqual(draft);
    state.apply({ draft: { conversation: 1, draft: null } });
    expect(state.get(1)!.draft.value).toBeNull();
  });
});

describe('a thread', () => {
  const long = (head: number) => Array.from({ length: head }, (_, at) => entryOf(at + 1, 'bob'));

  function open(held: Entry[], all: Entry[], more: Partial<Conversation> = {}, at?: number | 'unread') {
    const head = all.at(-1)!;
    const { state } = setUp(recordOf(1, { head: head.seq, head_ordinal: head.ordinal, entries: held, ...more }));
    const seen: number[] = [];
    const thread = new ThreadState(state.get(1)!, {
      history: async (from, to, limit) => {
        const range = all.filter(({ seq }) => (from === null || seq >= from) && (to === null || seq <= to));
        const entries = from === null ? range.slice(-limit) : range.slice(0, limit);
        state.apply({ page: { conversation: 1, entries, floor: 1 } });
      },
      entryAt: async () => 77,
      seen: (seq) => void seen.push(seq),
      closed: () => undefined,
    }, at);
    return { thread, state, seen };
  }

  it('shows the newest rows, pages to the start and back to the end', async () => {
    const all = long(400);
    const { thread } = open(all.slice(-20), all);
    await vi.advanceTimersByTimeAsync(1);
    expect(thread.atEnd.value).toBe(true);
    expect(thread.rows.value.at(-1)!.seq).toBe(400);
    for (let step = 0; step < 12; step += 1) await thread.pageUp();
    expect(thread.rows.value[0]!.seq).toBe(1);
    expect(thread.atStart.value).toBe(true);
    expect(thread.atEnd.value).toBe(false);
    expect(thread.rows.value.length).toBeLessThanOrEqual(160);
    for (let step = 0; step < 12; step += 1) await thread.pageDown();
    expect(thread.atEnd.value).toBe(true);
    expect(thread.rows.value.at(-1)!.seq).toBe(400);
  });

  it('jumps into a hole, goes on from there, and does not say it is at the end', async () => {
    const all = long(1_000);
    const { thread } = open(all.slice(-20), all);
    await thread.jump(300);
    expect(thread.rows.value.some(({ seq }) => seq === 300)).toBe(true);
    expect(thread.atEnd.value).toBe(false);
    const rows = thread.rows.value.map(({ seq }) => seq!);
    rows.forEach((seq, at) => expect(seq).toBe(rows[0]! + at));
    for (let step = 0; step < 30 && !thread.atEnd.value; step += 1) await thread.pageDown();
    expect(thread.rows.value.at(-1)!.seq).toBe(1_000);
    await thread.jump('newest');
    expect(thread.atEnd.value).toBe(true);
  });

  it('opens at the first unread message and keeps its line', async () => {
    const all = long(300);
    const inbox = { ...recordOf(1).inbox, read: 150, unread: 150 };
    const { thread, state } = open(all.slice(-20), all, { inbox }, 'unread');
    await vi.advanceTimersByTimeAsync(1);
    expect(thread.rows.value.some(({ seq }) => seq === 151)).toBe(true);
    expect(thread.firstUnread.value).toBe(151);
    state.apply({ reading: { conversation: 1, seq: 300 } });
    expect(thread.firstUnread.value).toBe(151);
  });

  it('shows edits, recalls and reactions in the row they are about', async () => {
    const all = [entryOf(1, 'bob'), entryOf(2, 'cy', { body: { reacted: { target: 1, emoji: '👍', on: true } }, ordinal: 1 })];
    const { thread, state } = open(all, all);
    await vi.advanceTimersByTimeAsync(1);
    expect(thread.rows.value.map(({ seq }) => seq)).toEqual([1]);
    state.apply({ entry: { conversation: 1, entry: { ...all[0]!, changed: 9, reactions: [{ emoji: '👍', users: ['cy'] }] } } });
    expect(thread.rows.value[0]!.reactions).toEqual([{ emoji: '👍', users: ['cy'] }]);
  });

  it('shows what waits below, and fetches what a quote needs', async () => {
    const all = long(100);
    const { thread, state } = open(all.slice(-20), all);
    await vi.advanceTimersByTimeAsync(1);
    state.apply({ outgoing: outgoing('k', { conversation: 1 }) });
    expect(thread.rows.value.at(-1)!.id).toBe('k');
    const quote = thread.quote(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(quote.value.row!.seq).toBe(3);
  });
});
