// Whatever is lost on the way: each message is told once and in order.

import { describe, expect, test } from 'vitest';
import { State } from '../../../web/src/core/state';
import type { Conversation, Entry } from '../../../web/src/core/protocol';
import { Teller } from '../src/teller';
import type { ClientEvent } from '../src';

function entryOf(seq: number, more: Partial<Entry> = {}): Entry {
  return {
    seq, lsn: seq + 100, changed: seq + 100, ordinal: seq, at: seq, author: 'bob', key: null, reactions: [], edited_at: null, recalled_at: null,
    origin: null, body: { text: { text: `m${seq}`, markdown: false, reply_to: null, mentions: [], mention_all: false } }, ...more,
  };
}

/** A server with one direct chat. */
class Log {
  readonly entries: Entry[] = [];
  readonly told: ClientEvent[] = [];
  full = false;
  asked: Array<[number, number]> = [];
  readonly state = new State('ada', () => 0, () => undefined);
  readonly teller: Teller;

  constructor(backlog: 'unread' | 'new' = 'unread', private readonly answers: () => boolean = () => true) {
    this.teller = new Teller(this.state, backlog, {
      tell: (event) => this.told.push(event),
      full: () => this.full,
      fetch: async (conversation, from, to) => {
        this.asked.push([from, to]);
        await Promise.resolve();
        if (!this.answers()) throw new Error('offline');
        this.teller.apply([{ page: { conversation, entries: this.entries.slice(from - 1, to), floor: 1 } }]);
      },
    });
  }

  append(more: Partial<Entry> = {}): Entry {
    const entry = entryOf(this.entries.length + 1, more);
    this.entries.push(entry);
    return entry;
  }

  record(read = 0): Conversation {
    const head = this.entries.length;
    return {
      id: 1, kind: 'direct', title: null, peer: 'bob', role: 'member', group: null, members: 2, head, head_ordinal: head, at: head,
      changed: head + 100, cursors: [], entries: this.entries.slice(-20),
      inbox: {
        conversation: 1, lsn: 1, read, unread: head - read, mentions: 0, pinned: false, muted_until: null, hidden: false, marked_unread: false,
        floor: 1, gone: false,
      },
    };
  }

  sync(read = 0): void {
    this.teller.apply([{ conversation: this.record(read) }, { ready: true }]);
  }

  push(entry: Entry): void {
    this.teller.apply([{ entry: { conversation: 1, entry } }]);
  }

  get words(): string[] {
    return this.told.flatMap((event) => (event.type === 'message' ? [event.text] : []));
  }
}

const upTo = (count: number, from = 1): string[] => Array.from({ length: count }, (_, at) => `m${at + from}`);
const settled = async (): Promise<void> => { for (let turn = 0; turn < 50; turn += 1) await Promise.resolve(); };

describe('the backlog', () => {
  test('what is not read is told, all of it', async () => {
    const log = new Log();
    for (let seq = 1; seq <= 450; seq += 1) log.append();
    log.sync(10);
    await settled();
    expect(log.words).toEqual(upTo(440, 11));
  });

  test('who wants only what is new gets only that', async () => {
    const log = new Log('new');
    log.append();
    log.sync();
    log.push(log.append());
    await settled();
    expect(log.words).toEqual(['m2']);
  });

  test('a conversation that comes later is told from its first entry, read or not', async () => {
    const log = new Log('new');
    log.teller.apply([{ ready: true }]);
    log.append({ body: { group_created: { title: 'Kitchen', members: ['ada', 'bob'] } } });
    log.append();
    log.sync(2);
    await settled();
    expect(log.told.map(({ type }) => type)).toEqual(['notice', 'message']);
  });
});

describe('holes', () => {
  test('what is above a hole waits until it is filled', async () => {
    const log = new Log();
    log.push(log.append());
    log.sync();
    log.append();
    log.append();
    log.push(log.append());
    expect(log.words).toEqual(['m1']);
    await settled();
    expect(log.asked).toEqual([[2, 4]]);
    expect(log.words).toEqual(upTo(4));
  });

  test('what comes twice is told once, and what was rewritten is told as changed', () => {
    const log = new Log();
    log.sync();
    const entry = log.append();
    log.push(entry);
    log.push(entry);
    log.push({ ...entry, changed: 500, body: { recalled: {} } });
    log.push(entry);
    expect(log.told.map(({ type }) => type)).toEqual(['message', 'changed']);
  });

  test('a hole that cannot be had is said to be missed, and what is above it is told', async () => {
    const log = new Log();
    log.sync();
    log.append();
    log.append();
    const last = log.append();
    log.entries.splice(0, 2);
    log.push(last);
    await settled();
    expect(log.told.map(({ type }) => type)).toEqual(['missed', 'message']);
  });

  test('while there is no room entries wait in the log', async () => {
    const log = new Log();
    log.sync();
    log.full = true;
    for (let seq = 1; seq <= 30; seq += 1) {
      const entry = log.append();
      if (seq % 3 !== 1) log.push(entry);
    }
    await settled();
    expect(log.words).toEqual([]);
    log.full = false;
    log.teller.resume();
    await settled();
    expect(log.words).toEqual(upTo(30));
  });

  test('whatever is lost on the way, each message is told once and in order', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      let state = seed;
      const random = (): number => ((state = (state * 48_271) % 2_147_483_647) / 2_147_483_647);
      const log = new Log('unread', () => random() < 0.8);
      log.sync();
      for (let seq = 1; seq <= 100; seq += 1) {
        const entry = log.append();
        if (random() < 0.6) log.push(entry);
        if (random() < 0.1) log.push(entry);
        if (random() < 0.1) log.full = !log.full;
        if (random() < 0.05) log.sync();
        if (random() < 0.3) await settled();
      }
      log.full = false;
      for (let turn = 0; turn < 20; turn += 1) {
        log.sync();
        await settled();
      }
      log.teller.stop();
      expect(log.words, `seed ${seed}`).toEqual(upTo(100));
    }
  });
});

test('other data on the server begins anew', async () => {
  const log = new Log();
  log.push(log.append());
  log.sync();
  log.teller.apply([{ cleared: {} }]);
  log.entries.length = 0;
  log.append({ lsn: 5, changed: 5 });
  log.sync();
  await settled();
  expect(log.words).toEqual(['m1', 'm1']);
});
