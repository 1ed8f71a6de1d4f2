import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerClock } from '../../../src/core/key';
import { LastWords } from '../../../src/core/lastwords';
import { Leader } from '../../../src/core/leader';
import { Log } from '../../../src/core/log';
import { State } from '../../../src/core/state';
import { entryOf, FakeServer, FakeSocket, fakeStorage, seeded, text } from './fake';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function client(server: FakeServer) {
  const state = new State('ada', () => Date.now(), () => undefined);
  const leader = new Leader(
    'ada',
    state,
    {
      clock: new ServerClock(() => Date.now()),
      now: () => Date.now(),
      random: server.random,
      open: () => new FakeSocket(server) as unknown as WebSocket,
      device: () => ({ id: 'd', platform: 'web', name: 'Test' }),
      lastWords: new LastWords(fakeStorage()),
      openDb: () => Promise.reject(new Error('no database here')),
    },
    {
      emit: (events) => events.forEach((event) => state.apply(event)),
      message: () => undefined,
      ended: () => undefined,
      refused: () => undefined,
      welcome: () => undefined,
    },
  );
  leader.start();
  return { state, leader };
}

describe('a piece of the log', () => {
  it('holds the same whatever the order, and however often', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = seeded(seed);
      const versions = Array.from({ length: 60 }, (_, at) => entryOf(1 + (at % 40), 'bob', { changed: 1 + (at % 40) + 100 * Math.floor(at / 40) }));
      const shuffled = [...versions, ...versions].sort(() => random() - 0.5);
      const log = new Log();
      for (const entry of shuffled) log.put(entry);
      expect(log.ranges).toEqual([[1, 40]]);
      for (let seq = 1; seq <= 40; seq += 1) expect(log.get(seq)!.changed).toBe(seq <= 20 ? seq + 100 : seq);
    }
  });

  it('knows its holes, and closes them', () => {
    const log = new Log();
    for (const seq of [1, 2, 3, 7, 8]) log.put(entryOf(seq, 'bob'));
    expect(log.newestHole()).toEqual([4, 6]);
    log.page([4, 5, 6].map((seq) => entryOf(seq, 'bob')));
    expect(log.ranges).toEqual([[1, 8]]);
    expect(log.newestHole()).toBeNull();
  });

  it('takes of rewritten entries outside of a page only those it has', () => {
    const log = new Log();
    log.put(entryOf(2, 'bob'));
    log.page([entryOf(1, 'bob', { changed: 50 }), entryOf(2, 'bob', { changed: 51 }), entryOf(9, 'bob'), entryOf(10, 'bob')]);
    expect(log.get(1)).toBeUndefined();
    expect(log.get(2)!.changed).toBe(51);
    expect(log.ranges).toEqual([[2, 2], [9, 10]]);
  });

  it('drops what is below the floor, and takes nothing there any more', () => {
    const log = new Log();
    for (let seq = 1; seq <= 5; seq += 1) log.put(entryOf(seq, 'bob'));
    expect(log.raise(4)).toBe(true);
    expect(log.put(entryOf(2, 'bob', { changed: 99 }))).toBe(false);
    expect(log.ranges).toEqual([[4, 5]]);
  });
});

describe('following the log', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('equals the server after losses, breaks, duplicates and edits (seed %i)', async (seed) => {
    const random = seeded(seed * 7919);
    const server = new FakeServer(random);
    for (const id of [1, 2, 3]) server.append(id, 'bob', text('first'));
    const { state, leader } = client(server);
    await vi.advanceTimersByTimeAsync(500);
    server.lossy = 0.2;
    for (let step = 0; step < 250; step += 1) {
      const id = 1 + Math.floor(random() * 3);
      const log = server.logs.get(id)!;
      const what = random();
      if (what < 0.7) server.append(id, 'bob', text(`step ${step}`));
      else if (what < 0.85) server.edit(id, 1 + Math.floor(random() * log.length));
      else if (what < 0.9) server.push({ entry: { conversation: id, entry: log[Math.floor(random() * log.length)]! } });
      else if (what < 0.93) server.drop();
      else server.settle();
      await vi.advanceTimersByTimeAsync(random() * 40);
    }
    server.lossy = 0;
    server.settle();
    await vi.advanceTimersByTimeAsync(90_000);
    server.settle();
    await vi.advanceTimersByTimeAsync(5_000);
    for (const id of [1, 2, 3]) {
      const held = state.get(id)!;
      expect(held.log.ranges).toEqual([[1, server.logs.get(id)!.length]]);
      for (const entry of server.logs.get(id)!) expect(held.log.get(entry.seq)).toEqual(entry);
      expect(held.meta.peek().head).toBe(server.logs.get(id)!.length);
    }
    await leader.stop();
  });

  it('passes over what it has no use for', async () => {
    const server = new FakeServer();
    server.append(1, 'bob', text('first'));
    const { state, leader } = client(server);
    await vi.advanceTimersByTimeAsync(500);
    server.push({ pushed: { kind: 'order.shipped', data: { order: 4711 } } });
    server.push({ of_a_later_version: {} } as never);
    server.append(1, 'bob', text('second'));
    await vi.advanceTimersByTimeAsync(500);
    expect(state.get(1)!.log.ranges).toEqual([[1, 2]]);
    expect(server.frames.filter((frame) => 'hello' in frame)).toHaveLength(1);
    await leader.stop();
  });

  it('leaves a long hole, which scrolling fills', async () => {
    const server = new FakeServer();
    for (let n = 0; n < 30; n += 1) server.append(1, 'bob', text(`old ${n}`));
    const { state, leader } = client(server);
    await vi.advanceTimersByTimeAsync(500);
    server.drop();
    for (let n = 0; n < 350; n += 1) server.append(1, 'bob', text(`new ${n}`));
    await vi.advanceTimersByTimeAsync(40_000);
    const { log } = state.get(1)!;
    expect(log.ranges).toEqual([[11, 30], [361, 380]]);
    void leader.serve({ history: { conversation: 1, from: null, to: 360, limit: 200 } }, 'tab');
    await vi.advanceTimersByTimeAsync(100);
    expect(log.ranges).toEqual([[11, 30], [161, 380]]);
    // What is left of the hole is short enough to be filled at once with the next entry.
    server.append(1, 'bob', text('one more'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(log.ranges).toEqual([[11, 381]]);
    await leader.stop();
  });

  it('begins anew when the data is another, and keeps what waits', async () => {
    const server = new FakeServer();
    server.append(1, 'bob', text('of the old data'));
    const { state, leader } = client(server);
    await vi.advanceTimersByTimeAsync(500);
    server.decide = () => 'lose';
    const waiting = {
      key: 'k', order: 1, to: { conversation: 2 }, body: text('waits'), forward: null, origin: null, upload: null, at: Date.now(), failed: null,
    };
    void leader.serve({ enqueue: waiting }, 'tab');
    await vi.advanceTimersByTimeAsync(100);
    server.drop();
    server.logs.clear();
    server.epoch = 8;
    server.lsn = 0;
    server.append(2, 'bob', text('of the new data'));
    server.decide = () => 'take';
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state.get(1)).toBeNull();
    expect(state.get(2)!.log.get(1)!.body).toEqual(text('of the new data'));
    expect([...server.taken.keys()]).toEqual(['k']);
    await leader.stop();
  });

  it('says again what was read while nobody heard it', async () => {
    const server = new FakeServer();
    for (let n = 0; n < 3; n += 1) server.append(1, 'bob', text(`m${n}`));
    const { state, leader } = client(server);
    await vi.advanceTimersByTimeAsync(500);
    server.drop();
    await vi.advanceTimersByTimeAsync(2);
    state.apply({ reading: { conversation: 1, seq: 3 } });
    await vi.advanceTimersByTimeAsync(40_000);
    expect(server.frames).toContainEqual({ read: { conversation: 1, seq: 3 } });
    await leader.stop();
  });

  it('says once that it has everything, and reads nothing into silence', async () => {
    const server = new FakeServer();
    server.append(1, 'bob', text('hello'));
    const { leader } = client(server);
    await vi.advanceTimersByTimeAsync(1_000);
    const delivered = () => server.frames.flatMap((frame) => ('delivered' in frame ? [frame.delivered] : []));
    // Also of what was said before this device ever saw the conversation.
    expect(delivered()).toEqual([{ conversation: 1, seq: 1 }]);
    for (let n = 0; n < 5; n += 1) server.append(1, 'bob', text(`burst ${n}`));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(delivered()).toEqual([{ conversation: 1, seq: 1 }, { conversation: 1, seq: 6 }]);
    server.drop();
    for (let n = 0; n < 3; n += 1) server.append(1, 'bob', text(`while away ${n}`));
    server.append(1, 'ada', text('from another device'));
    await vi.advanceTimersByTimeAsync(40_000);
    expect(delivered().slice(2)).toEqual([{ conversation: 1, seq: 9 }]);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(server.frames.some((frame) => 'ping' in frame)).toBe(true);
    expect(server.sockets.size).toBe(1);
    await leader.stop();
  });
});
