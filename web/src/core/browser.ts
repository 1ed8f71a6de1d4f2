// The core of this page, in this browser. It is loaded after the first page is there, and started once.

import { Core } from './core';
import { account, hangUp, line, preferences, storage } from './door';
import type { Channel } from './tabs';

/** Away longer than this, a connection that seems to be there may not be. */
const AWAY_MS = 60_000;

const core = new Core({
  storage,
  locks: globalThis.navigator?.locks ?? null,
  channel: (name) => (typeof BroadcastChannel === 'undefined' ? null : (new BroadcastChannel(name) as unknown as Channel)),
  open: line,
  hangUp,
  now: () => Date.now(),
  random: () => Math.random(),
  goTo,
  watched: () => document.visibilityState === 'visible' && document.hasFocus(),
}, account, preferences);

export const { store, actions } = core;

/** A notification was clicked: the page goes to what it is about. */
function goTo(path: string): void {
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
}

let started = false;

/** Begins, once. */
export function start(): void {
  if (started) return;
  started = true;
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
