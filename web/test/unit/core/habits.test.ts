import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Db, ENTRIES_MAX, noChanges } from '../../../src/core/db';
import { newInviteCode, newKey, ServerClock } from '../../../src/core/key';
import { LastWords } from '../../../src/core/lastwords';
import { Drafts, DRAFT_SETTLES_MS, Reading, Typing } from '../../../src/core/reading';
import { backoff, BACKOFF_MAX_MS } from '../../../src/core/socket';
import { entryOf, fakeStorage, recordOf, text } from './fake';

describe('with a clock', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('what is on the screen is read after a second, if somebody looks, and at most once a second', () => {
    const told: number[] = [];
    let watched = true;
    const reading = new Reading(() => watched, () => Date.now(), (_, seq) => void told.push(seq));
    reading.see(1, 5);
    vi.advanceTimersByTime(900);
    reading.see(1, 6);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(told).toEqual([6]);
    for (let seq = 7; seq < 27; seq += 1) {
      reading.see(1, seq);
      vi.advanceTimersByTime(100);
    }
    expect(told.length).toBeLessThanOrEqual(3);
    watched = false;
    reading.see(1, 99);
    vi.advanceTimersByTime(5_000);
    expect(told).not.toContain(99);
    watched = true;
    reading.look();
    vi.advanceTimersByTime(1_100);
    expect(told.at(-1)).toBe(99);
    reading.see(1, 100);
    reading.leave(1);
    vi.advanceTimersByTime(5_000);
    expect(told.at(-1)).toBe(99);
  });

  it('typing is said every three seconds, and its end once', () => {
    const said: boolean[] = [];
    const typing = new Typing(() => Date.now(), (_, active) => void said.push(active));
    for (let key = 0; key < 40; key += 1) {
      typing.typing(1, true);
      vi.advanceTimersByTime(100);
    }
    typing.typing(1, false);
    typing.typing(1, false);
    expect(said).toEqual([true, true, false]);
  });

  it('a draft is kept a moment after the last key, and goes at once when it was sent', () => {
    const kept: Array<string | null> = [];
    const drafts = new Drafts(() => Date.now(), (_, draft) => void kept.push(draft?.text ?? null));
    const set = (words: string) => drafts.set(1, { text: words, reply_to: null, mentions: [] });
    set('a');
    vi.advanceTimersByTime(300);
    set('ab');
    vi.advanceTimersByTime(300);
    expect(kept).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(kept).toEqual(['ab']);
    set('abc');
    set('');
    expect(kept).toEqual(['ab', null]);
    set('new');
    expect(drafts.flush().get(1)).toMatchObject({ text: 'new' });
    expect(kept.at(-1)).toBe('new');
  });

  it('what was typed in the last moment of a page is found by the next, what is on the disk is not said again', () => {
    const storage = fakeStorage();
    const drafts = new Drafts(() => Date.now(), () => undefined);
    const set = (conversation: number, words: string) => drafts.set(conversation, { text: words, reply_to: null, mentions: [] });
    set(1, 'long ago');
    vi.advanceTimersByTime(DRAFT_SETTLES_MS);
    set(2, 'half a wor');
    set(3, '');
    new LastWords(storage).keep('ada', drafts.flush());
    const found = new LastWords(storage);
    expect([...found.of('Ada')]).toMatchObject([[2, { text: 'half a wor' }], [3, null]]);
    expect(found.of('bob').size).toBe(0);
    expect(drafts.flush().size).toBe(0);
    found.forget('ada');
    expect(found.of('ada').size).toBe(0);
  });
});

describe('keys', () => {
  it('are UUIDs of version 7 with the time of the server', () => {
    const clock = new ServerClock(() => 1_000);
    clock.learn(1_730_000_000_000);
    const keys = Array.from({ length: 100 }, () => newKey(clock.now()));
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(parseInt(keys[0]!.replace('-', '').slice(0, 12), 16)).toBe(1_730_000_000_000);
    expect(new Set(keys).size).toBe(100);
    expect(newInviteCode()).toMatch(/^[\w-]{22}$/);
  });

  it('coming back waits a random part of what doubles, up to 30 s', () => {
    expect(backoff(0, () => 1)).toBe(500);
    expect(backoff(3, () => 1)).toBe(4_000);
    expect(backoff(60, () => 1)).toBe(BACKOFF_MAX_MS);
    expect(backoff(60, () => 0)).toBe(100);
  });
});

describe('the database', () => {
  it('gives back what was written, and keeps drafts and unsent messages when the rest goes', async () => {
    const db = await Db.open('Ada');
    const { entries: _e, cursors, ...meta } = recordOf(1);
    const changes = noChanges();
    changes.conversations.set(1, { meta, cursors, read: null });
    for (let seq = 1; seq <= ENTRIES_MAX + 40; seq += 1) changes.entries.set(`1:${seq}`, { conversation: 1, entry: entryOf(seq, 'bob') });
    changes.entries.set('2:1', { conversation: 2, entry: entryOf(1, 'cy') });
    changes.drafts.set(1, { text: 'x', reply_to: null, mentions: [], at: 1 });
    changes.kv.set('place', { epoch: 7, cursor: 12 });
    await db.write(changes);
    await db.putOutgoing({ key: 'k', order: 1, to: { conversation: 1 }, body: text('x'), forward: null, origin: null, upload: null, at: 1, failed: null });
    expect((await db.entries(1, 100, 3)).map(({ seq }) => seq)).toEqual([98, 99, 100]);
    expect((await db.entries(1, null, 2))[1]).toEqual(entryOf(ENTRIES_MAX + 40, 'bob'));
    await db.trim([1, 2], [1]);
    expect(await db.entries(1, null, 10_000)).toHaveLength(ENTRIES_MAX);
    expect(await db.entries(2, null, 10)).toHaveLength(1);
    const kept = await db.load();
    expect(kept).toMatchObject({ place: { epoch: 7, cursor: 12 }, conversations: [{ meta: { id: 1 } }], outbox: [{ key: 'k' }], drafts: [{ conversation: 1 }] });
    await db.clearCache();
    const left = await db.load();
    expect(left).toMatchObject({ place: null, conversations: [], outbox: [{ key: 'k' }], drafts: [{ conversation: 1 }] });
    db.close();
    await Db.delete('ada');
    const again = await Db.open('ada');
    expect((await again.load()).outbox).toEqual([]);
    again.close();
  });
});
