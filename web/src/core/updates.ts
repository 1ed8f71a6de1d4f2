// The service worker: a newer client that waits, and what was cached.

import { signal } from '@preact/signals';

/** A page that stays open looks for a newer client so often. */
const LOOK_EVERY_MS = 3_600_000;
const WORKER = '/sw.js';

/** The address of the worker, as browsers that ask for trusted types want it: this policy can give nothing else. */
function workerAddress(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: { createPolicy(name: string, rules: object): { createScriptURL(url: string): string } } };
  return trustedTypes?.createPolicy('tidings', { createScriptURL: () => WORKER }).createScriptURL(WORKER) ?? WORKER;
}

/** Registers the worker; where the page may not, it goes without. */
async function register(workers: ServiceWorkerContainer): Promise<ServiceWorkerRegistration | null> {
  try {
    return await workers.register(workerAddress());
  } catch {
    return null;
  }
}

export class Updates {
  /** A newer client waits. It never takes over by itself: somebody may be writing. */
  readonly ready = signal(false);
  private waiting: ServiceWorker | null = null;
  private reloading = false;

  start(): void {
    const workers = globalThis.navigator?.serviceWorker;
    if (!workers || !import.meta.env.PROD) return;
    const replaced = workers.controller !== null;
    workers.addEventListener('controllerchange', () => {
      if (this.reloading) location.reload();
      // Another tab took the newer client: this one's own parts may be gone.
      else if (replaced) this.ready.value = true;
    });
    void register(workers).then((registration) => {
      if (!registration) return;
      this.watch(registration);
      setInterval(() => void registration.update().catch(() => undefined), LOOK_EVERY_MS);
    });
  }

  apply(): void {
    this.reloading = true;
    if (this.waiting?.state === 'installed') this.waiting.postMessage('take over');
    else location.reload();
  }

  /** Nothing of who was logged in stays in the caches. */
  async clearCaches(): Promise<void> {
    if (!('caches' in globalThis)) return;
    for (const name of await caches.keys()) if (name.startsWith('tidings-media')) await caches.delete(name);
  }

  private watch(registration: ServiceWorkerRegistration): void {
    const found = (worker: ServiceWorker | null): void => {
      // The first one of all replaces nothing.
      if (!worker || !globalThis.navigator.serviceWorker.controller) return;
      this.waiting = worker;
      this.ready.value = true;
    };
    found(registration.waiting);
    registration.addEventListener('updatefound', () => {
      const worker = registration.installing;
      worker?.addEventListener('statechange', () => {
        if (worker.state === 'installed') found(worker);
      });
    });
  }
}
