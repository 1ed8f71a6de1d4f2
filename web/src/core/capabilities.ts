// What this browser can do at this address, and why not. Plain http beyond loopback lacks more than people expect.

/** `secure`: it needs https. `browser`: this browser does not have it. */
export type Lack = 'secure' | 'browser' | null;

export interface Capabilities {
  secureContext: Lack;
  serviceWorker: Lack;
  push: Lack;
  notifications: Lack;
  clipboard: Lack;
  microphone: Lack;
  /** Without it the tabs share the connection with a slower mechanism. */
  locks: Lack;
  storage: Lack;
  badge: Lack;
}

export function capabilities(): Capabilities {
  const { isSecureContext: secure = false, navigator } = globalThis;
  const needs = (there: boolean): Lack => (there ? null : secure ? 'browser' : 'secure');
  return {
    secureContext: secure ? null : 'secure',
    serviceWorker: needs('serviceWorker' in navigator),
    push: needs('PushManager' in globalThis && 'serviceWorker' in navigator),
    notifications: needs('Notification' in globalThis && secure),
    clipboard: needs(navigator.clipboard !== undefined),
    microphone: needs(navigator.mediaDevices !== undefined),
    locks: needs(navigator.locks !== undefined),
    storage: 'indexedDB' in globalThis ? null : 'browser',
    badge: 'setAppBadge' in navigator ? null : 'browser',
  };
}
