// The one core of this tab. (Bodies follow; this is the interface with nothing in it.)

import { computed, signal } from '@preact/signals';
import { Problem } from './problem';
import type { Actions, Store } from './store';

const empty = <T>(value: T) => computed(() => value);

export const store: Store = {
  session: signal({ state: 'loading' }),
  connection: signal({ state: 'connecting', since: Date.now() }),
  server: signal(null),
  me: signal(null),
  preferences: signal({
    theme: 'system', language: 'system', enter: 'send', density: 'comfortable', sound: true, notifications: true, showText: true,
  }),
  conversations: signal([]),
  ready: signal(false),
  conversation: () => empty(null),
  direct: () => empty(null),
  openThread: () => {
    throw new Problem('unsupported', 'Not yet.');
  },
  person: (user) =>
    empty({
      user, name: user, displayName: user, remark: null, avatar: null, kind: 'person', contact: false, blocked: false,
      deleted: false, known: false, signature: null,
    }),
  profile: () => empty(null),
  presence: () => empty(null),
  watch: () => () => undefined,
  contacts: signal(null),
  blocked: signal(null),
  labels: signal(null),
  requestsIn: signal(null),
  requestsOut: signal(null),
  requestsUnread: signal(0),
  feed: signal([]),
  attention: signal({ count: 0, mentioned: false }),
  unsent: signal(0),
  updateReady: signal(false),
  durable: signal(true),
  push: signal('unknown'),
};

export const actions = new Proxy({} as Actions, {
  get: (_, name) => () => {
    throw new Problem('unsupported', `Not yet: ${String(name)}.`);
  },
});

/** Called once by the page when it starts. */
export function start(): void {}
