import assert from 'node:assert/strict';
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { createServer } from 'node:http';

export const sentence = 'a message reaches a device on which nothing is open, and only that device can read it';
// The push service of this flow is on this machine.
export const settings = { TIDINGS_OUTBOUND_ALLOW: '127.0.0.1', TIDINGS_PUSH_CONTACT: 'mailto:operator@example.org' };

export async function run({ server, open }) {
  const service = await pushService();
  try {
    const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
    await server.befriend(ada, bob);
    const a = await open({ permissions: ['notifications'] });
    const device = newDevice();
    // A browser of a test reaches no push service: the subscription is the flow's.
    await a.page.addInitScript(stub, { endpoint: `${service.url}/device/1`, p256dh: device.p256dh, auth: device.auth });
    await a.logIn('ada');
    await a.workerReady();
    await a.page.goto(`${a.base}/settings/notifications`);
    await a.page.getByRole('button', { name: 'Turn on' }).click();
    await a.page.getByRole('button', { name: 'Send a test' }).click();
    const test = device.open(await service.next());
    assert.equal(test.kind, 'test');

    await server.say(bob, ada, 'The kettle is on.');
    const pushed = await service.next();
    const told = device.open(pushed);
    assert.equal(told.title, 'Bob');
    assert.equal(told.body, 'The kettle is on.');
    assert.equal(pushed.headers.ttl, '86400');
    assert.equal(pushed.headers.urgency, 'high');
    const { key } = await server.ask('GET', '/push/key', { token: ada.token });
    checkSignature(pushed.headers.authorization, key, service.url);

    // The service worker shows what came.
    const devtools = await a.context.newCDPSession(a.page);
    const registered = new Promise((resolve) => devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && resolve(registrations[0].registrationId)));
    await devtools.send('ServiceWorker.enable');
    await devtools.send('ServiceWorker.deliverPushMessage', { origin: a.base, registrationId: await registered, data: JSON.stringify(told) });
    let shown = null;
    for (let tries = 0; !shown && tries < 200; tries += 1) {
      shown = await a.page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready;
        const [one] = await registration.getNotifications();
        await new Promise((done) => setTimeout(done, 100));
        return one ? { title: one.title, body: one.body, data: one.data } : null;
      });
    }
    assert.deepEqual(shown, { title: 'Bob', body: 'The kettle is on.', data: { path: `/c/${told.conversation}` } });

    // Whoever has turned it off is left alone.
    await a.page.getByRole('button', { name: 'Turn off' }).click();
    await a.page.getByRole('button', { name: 'Turn on' }).waitFor();
    await server.say(bob, ada, 'Nobody is told.');
    await new Promise((done) => setTimeout(done, 4_000));
    assert.equal(service.waiting(), 0);
  } finally {
    service.close();
  }
}

/** In the page: a push manager whose subscription is the flow's. */
function stub({ endpoint, p256dh, auth }) {
  const subscription = {
    endpoint,
    toJSON: () => ({ endpoint, keys: { p256dh, auth } }),
    unsubscribe: async () => {
      sessionStorage.removeItem('subscribed');
      return true;
    },
  };
  PushManager.prototype.subscribe = async () => {
    sessionStorage.setItem('subscribed', 'yes');
    return subscription;
  };
  PushManager.prototype.getSubscription = async () => (sessionStorage.getItem('subscribed') ? subscription : null);
}

/** A push service that takes everything. */
async function pushService() {
  const came = [];
  const waiters = [];
  const listener = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const one = { path: request.url, headers: request.headers, body: Buffer.concat(parts) };
    const waiter = waiters.shift();
    if (waiter) waiter(one);
    else came.push(one);
    response.writeHead(201).end();
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    waiting: () => came.length,
    next: () => new Promise((resolve) => (came.length > 0 ? resolve(came.shift()) : waiters.push(resolve))),
    close: () => listener.close(),
  };
}

/** A browser's keys, and how it opens what is pushed (RFC 8291). */
function newDevice() {
  const pair = createECDH('prime256v1');
  const own = pair.generateKeys();
  const secret = randomBytes(16);
  return {
    p256dh: own.toString('base64url'),
    auth: secret.toString('base64url'),
    open({ headers, body }) {
      assert.equal(headers['content-encoding'], 'aes128gcm');
      const salt = body.subarray(0, 16);
      const length = body[20];
      const theirs = body.subarray(21, 21 + length);
      const sealed = body.subarray(21 + length);
      const info = Buffer.concat([Buffer.from('WebPush: info\0'), own, theirs]);
      const key = hkdfSync('sha256', pair.computeSecret(theirs), secret, info, 32);
      const content = hkdfSync('sha256', key, salt, 'Content-Encoding: aes128gcm\0', 16);
      const nonce = hkdfSync('sha256', key, salt, 'Content-Encoding: nonce\0', 12);
      const opener = createDecipheriv('aes-128-gcm', Buffer.from(content), Buffer.from(nonce));
      opener.setAuthTag(sealed.subarray(-16));
      const record = Buffer.concat([opener.update(sealed.subarray(0, -16)), opener.final()]);
      return JSON.parse(record.subarray(0, record.lastIndexOf(2)).toString());
    },
  };
}

/** Who sends has said so for this push service (RFC 8292). */
function checkSignature(header, key, audience) {
  const [, token, shown] = /^vapid t=(\S+), k=(\S+)$/.exec(header);
  assert.equal(shown, key);
  const [head, claims, signature] = token.split('.');
  const point = Buffer.from(key, 'base64url');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'));
  const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } });
  const signed = { key: publicKey, dsaEncoding: 'ieee-p1363' };
  assert.ok(verify('sha256', Buffer.from(`${head}.${claims}`), signed, Buffer.from(signature, 'base64url')));
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString());
  assert.equal(said.aud, audience);
  assert.equal(said.sub, 'mailto:operator@example.org');
  assert.ok(said.exp > Date.now() / 1000 && said.exp < Date.now() / 1000 + 24 * 3600);
}
