import { describe, expect, test } from 'vitest';
import { derivedKey, newKey } from '../src';
import { QUEUE_MAX, Queue } from '../src/queue';
import { addressesOf } from '../src/world';
import type { ClientEvent } from '../src';

describe('keys', () => {
  test('a derived key is a UUID of version 7 with the time in it, the same for the same parts', async () => {
    const key = await derivedKey(1_730_000_000_000, 'answer', 1, 2);
    expect(key[14]).toBe('7');
    expect(parseInt(key.slice(0, 8) + key.slice(9, 13), 16)).toBe(1_730_000_000_000);
    expect(await derivedKey(1_730_000_000_000, 'answer', 1, 2)).toBe(key);
    expect(await derivedKey(1_730_000_000_000, 'answer', 12)).not.toBe(key);
  });

  test('the Python client derives the same', async () => {
    expect(await derivedKey(1_730_000_000_000, 'answer', 1, 2)).toBe('0192cc09-1400-7f8f-bfe9-d43ad74ff9c9');
  });

  test('new keys differ', () => {
    expect(newKey(1)).not.toBe(newKey(1));
  });
});

describe('addresses', () => {
  test('the web address says where the socket is', () => {
    expect(addressesOf('https://chat.example.org')).toEqual({ base: 'https://chat.example.org', socket: 'wss://chat.example.org/ws' });
    expect(addressesOf('http://localhost:8000/')).toEqual({ base: 'http://localhost:8000', socket: 'ws://localhost:8000/ws' });
    expect(addressesOf('wss://example.org/chat/ws')).toEqual({ base: 'https://example.org/chat', socket: 'wss://example.org/chat/ws' });
  });

  test('what is no address is refused with words', () => {
    for (const wrong of ['chat.example.org', 'ftp://example.org']) expect(() => addressesOf(wrong)).toThrow('no address of a server');
  });
});

describe('the queue', () => {
  const typing = (conversation: number): ClientEvent => ({ type: 'typing', conversation, user: 'bob', active: true });

  test('who waits gets the next event, and the end ends everybody', async () => {
    const queue = new Queue(() => undefined);
    const [first, second] = [queue.next(), queue.next()];
    queue.put(typing(1));
    queue.close(null);
    expect(await first).toEqual({ done: false, value: typing(1) });
    expect((await second).done).toBe(true);
    expect((await queue.next()).done).toBe(true);
  });

  test('what waits is taken before an end with an error', async () => {
    const queue = new Queue(() => undefined);
    queue.put(typing(1));
    queue.close(new Error('over'));
    expect((await queue.next()).value).toEqual(typing(1));
    await expect(queue.next()).rejects.toThrow('over');
  });

  test('it has a limit, says what it left out, and when there is room again', async () => {
    let room = 0;
    const queue = new Queue(() => { room += 1; });
    for (let number = 0; number <= QUEUE_MAX; number += 1) queue.put(typing(number));
    expect(queue.full).toBe(true);
    expect((await queue.next()).value).toEqual({ type: 'missed', conversation: null });
    for (let number = 0; number < QUEUE_MAX; number += 1) expect((await queue.next()).value).toEqual(typing(number));
    expect(room).toBe(1);
  });
});
