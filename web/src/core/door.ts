// What is there before anything else: who is logged in, and what this device prefers. The log-in needs no more; the rest of the core
// (`browser.ts`) is loaded while somebody looks at the first page.

import { Account } from './account';
import { newId } from './key';
import type { Preferences } from './model';
import { PreferenceStore } from './preferences';

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Storage that is forbidden: what is kept lives as long as the page. */
function memory(): Kept {
  const held = new Map<string, string>();
  return {
    getItem: (key) => held.get(key) ?? null,
    setItem: (key, value) => void held.set(key, value),
    removeItem: (key) => void held.delete(key),
  };
}

function kept(): Kept {
  try {
    const { localStorage } = globalThis;
    localStorage.getItem('');
    return localStorage;
  } catch {
    return memory();
  }
}

function deviceName(): string {
  const agent = globalThis.navigator?.userAgent ?? '';
  const browser = /Edg\//.test(agent) ? 'Edge' : /Firefox\//.test(agent) ? 'Firefox' : /Chrome\//.test(agent) ? 'Chrome' : /Safari\//.test(agent) ? 'Safari' : 'Browser';
  const system = /Android/.test(agent) ? 'Android' : /iPhone|iPad/.test(agent) ? 'iOS' : /Windows/.test(agent) ? 'Windows' : /Mac OS/.test(agent) ? 'macOS' : /Linux/.test(agent) ? 'Linux' : '';
  return system ? `${browser} · ${system}` : browser;
}

/** What this browser keeps for the page. */
export const storage = kept();
export const account = new Account({ storage, newId, deviceName: deviceName() });
export const preferences = new PreferenceStore(storage);

/** A connection that is made before the core is there to use it. */
let early: WebSocket | null = null;
const connect = () => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`, 'tidings.v1.json');
/** Long enough for the core to come, and to hear of a tab that leads. */
const DIALLED_MS = 8_000;

/** Begins to connect while the core is loaded. Nothing is said yet, and the server says nothing by itself. */
export function dial(): void {
  early = connect();
  setTimeout(hangUp, DIALLED_MS);
}

/** Nobody will say hello on it: another tab leads, or nobody is logged in any more. */
export function hangUp(): void {
  const socket = early;
  early = null;
  // One that is still being made would complain.
  if (socket?.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
  else socket?.close();
}

// A connection has the session that it was made with: whoever logs in later needs another.
account.session.subscribe(({ state }) => {
  if (state !== 'in' && state !== 'loading') hangUp();
});

/** A connection to say hello on, which may be open already. */
export function line(): WebSocket {
  const socket = early;
  early = null;
  return socket && socket.readyState <= WebSocket.OPEN ? socket : connect();
}

/** The part of the core that the pages before the log-in use. */
export const door = {
  session: account.session,
  server: account.server,
  preferences: preferences.value,
  /** Who was logged in here last. */
  lastUser: () => account.lastUser(),
  /** The app to log in to: the address names one (`/?app=shop`), or the last log-in here did. */
  app: () => new URLSearchParams(location.search).get('app') ?? account.lastApp(),
  /** Asks who is logged in: at the start, and to try again from `kicked` or `unreachable`. */
  probe: () => account.probe(),
  /** These reject with a `Problem`; the session changes by itself. */
  logIn: (user: string, password: string, app?: string) => account.logIn(user, password, app),
  register: (made: { user: string; name: string | null; password: string; code: string | null }) => account.register(made),
  /** Makes the first administrator with the secret of the set-up link, and logs in. */
  setUp: (made: { token: string; user: string; name: string | null; password: string }) => account.setUp(made),
  /** Sets a password with the secret of a one-time link. Gives whose it is, to log in with. */
  usePasswordLink: (token: string, password: string) => account.usePasswordLink(token, password),
  setPreferences: (change: Partial<Preferences>) => preferences.set(change),
};
