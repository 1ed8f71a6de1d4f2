// Keys for what must be done once for each of something.

import type { Key, Timestamp } from '../../../web/src/core/protocol';

/**
 * The same key for the same parts, at a time that is given. A program that answers every message under
 * `derivedKey(entry.at, 'answer', conversation, entry.seq)` answers once, also when it was killed between answering and
 * remembering that it has. It must do so within the 7 days that the server remembers keys. The Python client makes the same keys.
 */
export async function derivedKey(at: Timestamp, ...parts: ReadonlyArray<string | number>): Promise<Key> {
  if (!globalThis.crypto?.subtle) throw new Error('Keys are derived with crypto.subtle, which this page does not have: it needs https.');
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(parts.join('\0'))));
  const bytes = new Uint8Array(16);
  let ms = at;
  for (let place = 5; place >= 0; place -= 1) {
    bytes[place] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  bytes.set(digest.subarray(0, 10), 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}
