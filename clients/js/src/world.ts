// What differs between browsers and Node.

import type { Device } from '../../../web/src/core/protocol';
import { newId } from '../../../web/src/core/key';

/** The part of a WebSocket's constructor that is used. */
export type SocketConstructor = new (url: string, protocol: string) => WebSocket;

/** The WebSocket of this place: its own, or that of the package `ws` in a Node before 22. */
export async function findWebSocket(): Promise<SocketConstructor> {
  if (typeof globalThis.WebSocket === 'function') return globalThis.WebSocket;
  try {
    const { WebSocket } = (await import('ws')) as unknown as { WebSocket: SocketConstructor };
    return WebSocket;
  } catch {
    throw new Error('This Node has no WebSocket of its own (22 and later have): install the package ws, or give the option WebSocket.');
  }
}

export function thisDevice(name: string | undefined): Device {
  const browser = typeof document !== 'undefined';
  return { id: `js-${newId()}`, platform: browser ? 'web' : 'api', name: name ?? (browser ? 'Browser' : 'Node') };
}

/** Where REST is and where the socket is, for the address of a server. */
export function addressesOf(url: string): { base: string; socket: string } {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new Error(`${JSON.stringify(url)} is no address of a server; it looks like https://chat.example.org`);
  }
  const web = { 'http:': 'http:', 'https:': 'https:', 'ws:': 'http:', 'wss:': 'https:' }[parsed.protocol];
  if (web === undefined) throw new Error(`${JSON.stringify(url)} is no address of a server; it looks like https://chat.example.org`);
  const path = parsed.pathname.replace(/\/+$/, '').replace(/\/ws$/, '');
  return { base: `${web}//${parsed.host}${path}`, socket: `${web === 'https:' ? 'wss:' : 'ws:'}//${parsed.host}${path}/ws` };
}
