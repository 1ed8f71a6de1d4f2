// Idempotency keys: UUIDs of version 7 with the server's time, so that a device whose clock is wrong works too.

import type { InviteCode, Key, Timestamp } from './protocol';

/** `crypto.randomUUID` is missing on plain http beyond loopback; `getRandomValues` never is. */
function random(bytes: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** A new key for something that happens at `now`, in the server's time. */
export function newKey(now: Timestamp): Key {
  const bytes = random(16);
  let ms = Math.max(0, Math.floor(now));
  for (let place = 5; place >= 0; place -= 1) {
    bytes[place] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const text = hex(bytes);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}

/** An id for this device or tab. */
export const newId = (): string => hex(random(16));

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The secret part of an invite link: 132 random bits. */
export const newInviteCode = (): InviteCode => Array.from(random(22), (byte) => ALPHABET[byte % 64]).join('');

/** The server's clock, learned from `welcome.time` and `pong.time`. */
export class ServerClock {
  private difference = 0;

  constructor(private readonly own: () => Timestamp) {}

  learn(serverTime: Timestamp): void {
    this.difference = serverTime - this.own();
  }

  now(): Timestamp {
    return this.own() + this.difference;
  }
}
