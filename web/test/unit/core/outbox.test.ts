import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Outgoing } from '../../../src/core/model';
import { GIVE_UP_MS, Outbox, OUTBOX_MAX } from '../../../src/core/outbox';
import { Problem } from '../../../src/core/problem';
import type { Outcome } from '../../../src/core/socket';
import type { Command, Key, MediaInfo } from '../../../src/core/protocol';
import { text } from './fake';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Try {
  key: Key;
  command: Command;
  resolve(): void;
  reject(code: Problem['code'], after?: number): void;
}

function setUp() {
  const tries: Try[] = [];
  const rows = new Map<Key, Outgoing>();
  const disk = new Map<Key, Outgoing>();
  const sent: Key[] = [];
  let uploads = 0;
  let upload: () => Promise<MediaInfo> = () => Promise.reject(new Problem('offline', 'no'));
  let keys = 0;
  const outbox = new Outbox({
    now: () => Date.now(),
    submit: (command, key) =>
      new Promise<Outcome>((resolve, reject) => {
        expect(disk.has(key), 'a message is on the disk before it is sent').toBe(true);
        tries.push({
          key, command,
          resolve: () => resolve({ lsn: 1, duplicate: false, result: { appended: { conversation: 1, seq: 1, ordinal: 1, at: 1 } } }),
          reject: (code, after) => reject(new Problem(code, code, after ?? null)),
        });
      }),
    upload: () => {
      uploads += 1;
      return upload();
    },
    keep: async (item) => void disk.set(item.key, item),
    forget: async (key) => void disk.delete(key),
    changed: (item) => {
      expect(disk.has(item.key), 'a message is on the disk before it is shown').toBe(true);
      rows.set(item.key, item);
    },
    gone: (item, outcome) => {
      rows.delete(item.key);
      if (outcome) sent.push(item.key);
    },
    newKey: () => `new${(keys += 1)}`,
  });
  let order = 0;
  const item = (key: Key, to: Outgoing['to'] = { conversation: 1 }, more: Partial<Outgoing> = {}): Outgoing => ({
    key, order: (order += 1), to, body: text(key), forward: null, origin: null, upload: null, at: Date.now(), failed: null, ...more,
  });
  const settle = () => vi.advanceTimersByTimeAsync(0);
  return { outbox, tries, rows, disk, sent, item, settle, setUpload: (next: typeof upload) => (upload = next), uploads: () => uploads };
}

describe('the outbox', () => {
  it('sends one of a conversation at a time, in order; conversations do not wait for each other', async () => {
    const { outbox, tries, sent, item, settle } = setUp();
    outbox.setReady(true);
    await outbox.add(item('a1'));
    await outbox.add(item('a2'));
    await outbox.add(item('b1', { conversation: 2 }));
    expect(tries.map(({ key }) => key)).toEqual(['a1', 'b1']);
    tries[0]!.resolve();
    await settle();
    expect(tries.map(({ key }) => key)).toEqual(['a1', 'b1', 'a2']);
    tries[2]!.resolve();
    tries[1]!.resolve();
    await settle();
    expect(sent).toEqual(['a1', 'a2', 'b1']);
    expect(outbox.all()).toEqual([]);
  });

  it('waits for the connection, and sends again under the same key after a break or silence', async () => {
    const { outbox, tries, sent, item, settle } = setUp();
    await outbox.add(item('a'));
    expect(tries).toEqual([]);
    outbox.setReady(true);
    await settle();
    tries[0]!.reject('offline');
    await settle();
    outbox.setReady(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tries).toHaveLength(1);
    outbox.setReady(true);
    await settle();
    expect(tries.map(({ key }) => key)).toEqual(['a', 'a']);
    tries[1]!.reject('timeout');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(tries).toHaveLength(3);
    tries[2]!.resolve();
    await settle();
    expect(sent).toEqual(['a']);
  });

  it('holds everything back as long as the server says', async () => {
    const { outbox, tries, item } = setUp();
    outbox.setReady(true);
    await outbox.add(item('a'));
    tries[0]!.reject('rate_limited', 5_000);
    await vi.advanceTimersByTimeAsync(1);
    await outbox.add(item('b', { conversation: 2 }));
    await vi.advanceTimersByTimeAsync(4_900);
    expect(tries).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(tries.map(({ key }) => key)).toEqual(['a', 'a', 'b']);
  });

  it('fails for good what is refused for good, lets the next one pass, and tries again when asked', async () => {
    const { outbox, tries, rows, disk, sent, item, settle } = setUp();
    outbox.setReady(true);
    await outbox.add(item('a'));
    await outbox.add(item('b'));
    tries[0]!.reject('blocked');
    await settle();
    expect(rows.get('a')!.failed!.code).toBe('blocked');
    expect(disk.get('a')!.failed!.code).toBe('blocked');
    expect(tries.map(({ key }) => key)).toEqual(['a', 'b']);
    tries[1]!.resolve();
    await settle();
    await outbox.retry('a');
    tries[2]!.resolve();
    await settle();
    expect(sent).toEqual(['b', 'a']);
  });

  it('gives a message whose key is too old a new one, but only when asked', async () => {
    const { outbox, tries, rows, disk, item, settle } = setUp();
    outbox.setReady(true);
    await outbox.add(item('old'));
    tries[0]!.reject('key_expired');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tries).toHaveLength(1);
    await outbox.retry('old');
    await settle();
    expect(tries[1]!.key).toBe('new1');
    expect([...rows.keys()]).toEqual(['new1']);
    expect([...disk.keys()]).toEqual(['new1']);
  });

  it('lets go of a message that turns out to be there already', async () => {
    const { outbox, tries, disk, item, settle } = setUp();
    outbox.setReady(true);
    await outbox.add(item('a'));
    await outbox.arrived('a');
    expect(disk.size).toBe(0);
    tries[0]!.reject('timeout');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tries).toHaveLength(1);
    await settle();
  });

  it('gives up after a day', async () => {
    const { outbox, tries, rows, item } = setUp();
    outbox.setReady(true);
    await outbox.add(item('a', { conversation: 1 }, { at: Date.now() - GIVE_UP_MS - 1 }));
    tries[0]!.reject('unavailable');
    await vi.advanceTimersByTimeAsync(1);
    expect(rows.get('a')!.failed!.code).toBe('given_up');
  });

  it('keeps a message back until its file is there, which goes on after a break', async () => {
    const { outbox, tries, item, setUpload, uploads, settle } = setUp();
    outbox.setReady(true);
    const caption = text('').text;
    const info = { media: 'aa', name: 'x', content_type: 'image/png', bytes: 3, width: 1, height: 1, duration_ms: null, thumbnail: true, created: 1 };
    const upload = { blob: new Blob(['abc']), name: 'x', kind: 'image' as const, caption, id: null, media: null };
    await outbox.add(item('f', { conversation: 1 }, { upload, body: { media: { kind: 'image', info: { ...info, media: '' }, caption } } }));
    await settle();
    expect(tries).toHaveLength(0);
    setUpload(async () => info);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(uploads()).toBe(2);
    expect(tries[0]!.command).toEqual({ send: { to: { conversation: 1 }, content: { media: { kind: 'image', media: 'aa', caption } } } });
  });

  it('is bounded', async () => {
    const { outbox, item } = setUp();
    for (let at = 0; at < OUTBOX_MAX; at += 1) await outbox.add(item(`k${at}`));
    await expect(outbox.add(item('one more'))).rejects.toMatchObject({ code: 'full' });
  });
});
