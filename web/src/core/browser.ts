// The core of this page, in this browser.

import { Core, type World } from './core';
import type { Channel } from './tabs';

/** Away longer than this, a connection that seems to be there may not be. */
const AWAY_MS = 60_000;

/** Storage that is forbidden: what is kept lives as long as the page. */
function memory(): World['storage'] {
  const held = new Map<string, string>();
  return {
    getItem: (key) => held.get(key) ?? null,
    setItem: (key, value) => void held.set(key, value),
    removeItem: (key) => void held.delete(key),
  };
}

function storage(): World['storage'] {
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

export const core = new Core({
  storage: storage(),
  locks: globalThis.navigator?.locks ?? null,
  channel: (name) => (typeof BroadcastChannel === 'undefined' ? null : (new BroadcastChannel(name) as unknown as Channel)),
  open: () => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`, 'tidings.v1.json'),
  now: () => Date.now(),
  random: () => Math.random(),
  deviceName: deviceName(),
  goTo,
  watched: () => document.visibilityState === 'visible' && document.hasFocus(),
});

export const { store, actions } = core;

/** A notification was clicked: the page goes to what it is about. */
function goTo(path: string): void {
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
}

/** Called once by the page when it starts. */
export function start(): void {
  core.start();
  let hidden = 0;
  addEventListener('online', () => core.wake());
  addEventListener('focus', () => core.look());
  addEventListener('blur', () => core.look());
  addEventListener('storage', (event) => core.stored((event as StorageEvent).key));
  globalThis.navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ path?: string }>) => {
    if (typeof data?.path === 'string') goTo(data.path);
  });
  addEventListener('pagehide', () => core.stop());
  addEventListener('pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) location.reload();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') {
      hidden = Date.now();
      core.look();
    } else if (Date.now() - hidden > AWAY_MS) core.wake();
    else core.look();
  });
}
