// The service worker: the client starts without a network, files that were seen are there again, and push is shown while no page is
// open. It never answers for `/api`, but for files, which never change under their address.

const worker = self as unknown as ServiceWorkerGlobalScope;

/** The build writes the hash of its sources here, so that a new client is a new worker. */
const BUILD = '%BUILD%';
const APP = `tidings-app-${BUILD}`;
const MEDIA = 'tidings-media';
/** All cached files together. */
const MEDIA_BYTES_MAX = 100 * 1024 * 1024;
/** A larger file is not cached. */
const FILE_BYTES_MAX = 10 * 1024 * 1024;
/** The bound is looked at after so many new files. */
const TRIM_EVERY = 20;
/** Below these there is no page. */
const NO_PAGES = new Set(['api', 'ws', 'media', 'hooks', 'services', 'a', 'embed', 'healthz', 'readyz', 'metrics']);
const FILE = /^\/api\/v1\/media\/[0-9a-f]{32}\/(content|thumbnail)$/;

let untrimmed = 0;

worker.addEventListener('install', (event) => event.waitUntil(precache()));

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith('tidings-app-') && name !== APP) await caches.delete(name);
      await worker.clients.claim();
    })(),
  );
});

// A page says when: it never happens under somebody who is writing.
worker.addEventListener('message', ({ data }) => {
  if (data === 'take over') void worker.skipWaiting();
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== worker.location.origin) return;
  if (FILE.test(url.pathname)) {
    // A player asks for ranges: those are the server's to answer.
    if (!request.headers.has('range')) event.respondWith(file(request));
  } else if (request.mode === 'navigate') {
    if (!NO_PAGES.has(url.pathname.split('/')[1] ?? '')) event.respondWith(page(request));
  } else if (url.pathname.startsWith('/a/')) event.respondWith(cached(request));
});

/** The page and everything that it can load. */
async function precache(): Promise<void> {
  const cache = await caches.open(APP);
  // As it is for nobody: it is kept for whoever comes next, too.
  const page = await fetch('/', { headers: { Accept: 'text/html' }, cache: 'no-cache', credentials: 'omit' });
  if (!page.ok) throw new Error(`The page answered with ${page.status}.`);
  const version = /"(\/a\/[^/"]+\/)/.exec(await page.clone().text())?.[1];
  if (!version) throw new Error('The page does not say its version.');
  const { files } = (await (await fetch(`${version}BUILD.json`)).json()) as { files: string[] };
  const loaded = files.filter((name) => name !== 'index.html' && name !== 'sw.js' && !/^(?:embed|widget)\b/.test(name));
  await cache.addAll(loaded.map((name) => version + name));
  // Last, so that a page is never there without what it loads.
  await cache.put('/', page);
}

async function page(request: Request): Promise<Response> {
  return (await (await caches.open(APP)).match('/')) ?? fetch(request);
}

async function cached(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

/** A file: from the cache, where it moves to the end of those that go first; else from the server, and into the cache. */
async function file(request: Request): Promise<Response> {
  const cache = await caches.open(MEDIA);
  const held = await cache.match(request);
  if (held) {
    const again = held.clone();
    void cache.delete(request).then(() => cache.put(request, again));
    return held;
  }
  const response = await fetch(request);
  const bytes = sizeOf(response);
  if (response.status === 200 && bytes > 0 && bytes <= FILE_BYTES_MAX) {
    const copy = response.clone();
    void cache.put(request, copy).then(() => trim(cache), () => undefined);
  }
  return response;
}

const sizeOf = (response: Response | undefined): number => Number(response?.headers.get('content-length') ?? 0);

async function trim(cache: Cache): Promise<void> {
  untrimmed += 1;
  if (untrimmed < TRIM_EVERY) return;
  untrimmed = 0;
  const keys = await cache.keys();
  let bytes = 0;
  for (const key of [...keys].reverse()) {
    bytes += sizeOf(await cache.match(key));
    if (bytes > MEDIA_BYTES_MAX) await cache.delete(key);
  }
}

// --- Push -------------------------------------------------------------------------------------------------------------

/** What the server pushes. */
interface Pushed {
  conversation?: number;
  title?: string;
  body?: string;
  badge?: number;
}

worker.addEventListener('push', (event) => event.waitUntil(show(pushed(event.data))));

function pushed(data: PushMessageData | null): Pushed {
  try {
    return (data?.json() as Pushed | undefined) ?? {};
  } catch {
    return {};
  }
}

/** Browsers want something shown for every push; one conversation takes the place of its last. */
async function show({ conversation, title = 'Tidings', body = '', badge }: Pushed): Promise<void> {
  const path = conversation === undefined ? '/' : `/c/${conversation}`;
  if (badge !== undefined) await worker.navigator.setAppBadge?.(badge).catch(() => undefined);
  await worker.registration.showNotification(title, { body, tag: `conversation-${conversation ?? ''}`, data: { path }, icon: '/icon-192.png' });
}

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { path = '/' } = (event.notification.data ?? {}) as { path?: string };
  event.waitUntil(
    (async () => {
      const [open] = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
      if (!open) return void (await worker.clients.openWindow(path));
      await open.focus();
      open.postMessage({ path });
    })(),
  );
});

/** What a browser says when its push service gave the subscription another address. */
interface SubscriptionChange extends ExtendableEvent {
  readonly newSubscription?: PushSubscription | null;
  readonly oldSubscription?: PushSubscription | null;
}

worker.addEventListener('pushsubscriptionchange', (event) => (event as SubscriptionChange).waitUntil(renew(event as SubscriptionChange)));

/** Tells the server of the new address. Whether texts are shown only a page knows: until one is opened they are not. */
async function renew({ newSubscription, oldSubscription }: SubscriptionChange): Promise<void> {
  const key = oldSubscription?.options.applicationServerKey;
  const fresh = newSubscription ?? (key ? await worker.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }) : null);
  if (!fresh) return;
  const { endpoint, keys } = fresh.toJSON();
  const body = JSON.stringify({ endpoint, p256dh: keys?.['p256dh'], auth: keys?.['auth'] });
  await fetch('/api/v1/me/push', { method: 'PUT', credentials: 'same-origin', headers: { 'Content-Type': 'application/json' }, body });
}

export {};
