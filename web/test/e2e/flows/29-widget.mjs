// The chat widget on the page of another system: two origins, a token that the system signs, and everything that can break between.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { PHONE } from '../people.mjs';
import { landscape } from '../png.mjs';
import { Shop } from '../shop.mjs';
import { corpus, line, provoke } from './31-xss.mjs';

export const sentence = 'a shop shows the chat on its page; other origins show, ask and connect nothing; tokens are renewed, the server is killed and back';
export const minutes = 5;
export const settings = { TIDINGS_LIMITS_RATE_PER_SECOND: '1000', TIDINGS_LIMITS_RATE_BURST: '10000' };

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const NETWORK = [/WebSocket/, /Failed to load resource/, /ERR_CONNECTION/, /net::ERR_/];

export async function run({ server, open, chief }) {
  const shop = await Shop.open(server, chief);
  try {
    await shop.ask('PUT', '/users/support', { name: 'Support' });
    await shop.ask('PUT', '/origins', { origins: [shop.url] });
    await mainPath(shop, open);
    await buttons(shop, open);
    await otherOrigins(shop, open, server);
    await renewal(shop, open);
    await killed(shop, open, server);
    await list(shop, open);
    await hostile(shop, open);
    await looks(shop, open);
  } finally {
    shop.close();
  }
}

/** Somebody who is logged in to the shop, on its page; the frame of the chat, and the button before it. */
export async function customer(shop, open, name, { query = '', ...options } = {}) {
  const person = await open({ base: shop.url, ...options });
  const { page } = person;
  await page.goto(shop.url);
  await page.getByLabel('Customer').fill(name);
  await page.getByRole('button', { name: 'Log in' }).click();
  if (query) await page.goto(`${shop.url}/${query}`);
  const frame = page.frameLocator('iframe');
  const button = page.getByRole('button', { name: /^(Chat|聊天)/ });
  return {
    person, page, frame, button,
    field: frame.getByRole('textbox'),
    row: (text) => frame.getByRole('log').locator('[data-row]').filter({ hasText: text }),
    show: async () => {
      await button.click();
      await frame.getByRole('textbox').waitFor();
    },
    say: async (text) => {
      const field = frame.getByRole('textbox');
      // Words go where the focus is, and that may still be on its way into the frame that has just opened; nobody types as fast as this.
      await until(async () => {
        await field.fill(text);
        return (await field.inputValue()) === text;
      }, `“${text}” does not stay in the field`);
      await field.press('Enter');
    },
  };
}

/** Waits for something that the server says. */
export async function until(holds, words) {
  const end = Date.now() + 45_000;
  while (!(await holds())) {
    assert.ok(Date.now() < end, typeof words === 'function' ? words() : words);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Waits for a text of a user at the other side; gives all that was said. */
async function answered(shop, user, text) {
  let texts = [];
  await until(async () => {
    const { conversations } = await shop.ask('GET', '/as/support/conversations');
    const chat = conversations.find(({ peer }) => peer === user);
    const entries = chat ? (await shop.ask('GET', `/as/support/conversations/${chat.id}/entries`)).entries : [];
    texts = entries.map(({ body }) => body.text?.text);
    return texts.includes(text);
  }, () => `“${text}” has not come: ${JSON.stringify(texts)}`);
  return texts;
}

/** The shop asks with buttons, in the name of one of its users; what a customer presses comes back in its events. */
async function buttons(shop, open) {
  const liz = await customer(shop, open, 'liz');
  await liz.show();
  await liz.frame.getByRole('heading', { name: 'Support' }).waitFor();
  const rows = [[{ label: 'Send it again', style: 'primary', does: { press: 'again' } }, { label: 'Track it', does: { open: 'https://parcels.example/42' } }]];
  const { entry } = await shop.ask('POST', '/as/support/users/liz/entries', { buttons: { text: { text: 'What shall we do?' }, rows } });
  const row = liz.row('What shall we do?');
  await row.getByRole('link', { name: /parcels\.example/ }).waitFor();
  const { next } = await shop.ask('GET', '/events');
  await row.getByRole('button', { name: 'Send it again' }).click();
  await row.locator('[aria-busy="true"]').waitFor();
  let press = null;
  await until(async () => {
    const { events } = await shop.ask('GET', `/events?after=${next}&types=entry.pressed`);
    press = events[0]?.entry;
    return press;
  }, 'no press came');
  assert.deepEqual([press.author, press.body.pressed.button], ['liz', 'again']);
  await shop.ask('PUT', `/as/support/conversations/${entry.conversation}/entries/${entry.seq}/buttons`, { text: 'It is on its way again.', rows: [] });
  await liz.row('It is on its way again.').waitFor();
  assert.equal(await liz.frame.locator('[aria-busy="true"]').count(), 0);
  await liz.person.close();
}

async function mainPath(shop, open) {
  const mia = await customer(shop, open, 'mia');
  await mia.page.waitForFunction(() => document.querySelector('iframe') !== null);
  assert.equal(await mia.page.locator('iframe').isVisible(), false, 'nothing is open before somebody opens it');
  await mia.show();
  assert.equal(await mia.button.getAttribute('aria-expanded'), 'true');
  await mia.frame.getByRole('heading', { name: 'Support' }).waitFor();
  await mia.frame.locator('textarea:focus').waitFor();
  await mia.say('Where is my **parcel**?');
  await mia.row('Where is my parcel?').getByRole('img', { name: /Sent|Delivered|Read/ }).waitFor();
  assert.equal(await mia.row('parcel').locator('strong').count(), 1);
  await answered(shop, 'mia', 'Where is my **parcel**?');
  await shop.say('support', 'mia', 'On its way.');
  await mia.row('On its way.').waitFor();
  await until(async () => (await shop.ask('GET', '/as/mia/conversations')).conversations[0].inbox.unread === 0, 'what is looked at is read');

  // Esc closes, the focus is where it was; what comes then is counted on the button.
  await mia.field.press('Escape');
  await mia.page.locator('iframe').waitFor({ state: 'hidden' });
  assert.equal(await mia.page.evaluate(() => document.activeElement?.getAttribute('aria-expanded')), 'false', 'the focus is on the button');
  await shop.say('support', 'mia', 'It arrives tomorrow.');
  await mia.page.getByRole('button', { name: 'Chat (1)' }).waitFor();
  await mia.page.waitForFunction(() => document.title === '(1) The shop');
  await mia.page.keyboard.press('Enter');
  await mia.row('It arrives tomorrow.').waitFor();
  await mia.page.getByRole('button', { name: 'Chat', exact: true }).waitFor();
  await mia.page.waitForFunction(() => document.title === 'The shop');

  // The same person after a reload: the chat is there, and the last session is not left behind.
  await mia.page.reload();
  await mia.show();
  await mia.row('It arrives tomorrow.').waitFor();
  await until(async () => (await shop.ask('GET', '/users/mia/sessions')).sessions.length === 1, 'one session is left');
  assert.deepEqual(await mia.person.context.cookies(shop.server.url), [], 'the chat leaves no cookie');
  // Whoever logs out of the shop is out of the chat.
  await mia.frame.getByRole('button', { name: 'Close' }).click();
  await mia.page.getByRole('button', { name: 'Log out' }).click();
  await mia.page.getByLabel('Customer').waitFor();
  await until(async () => (await shop.ask('GET', '/users/mia/sessions')).sessions.length === 0, 'no session is left');
  await mia.person.close();
}

async function otherOrigins(shop, open, server) {
  const refused = [/frame-ancestors/, /Refused to frame/, /CORS policy/, /ERR_BLOCKED|ERR_FAILED/, /WebSocket/, /Failed to load resource/, /refused to connect|postMessage/, /CSP: connect-src/];
  const person = await open({ base: shop.unlisted, expected: refused, bypassCSP: true });
  const { page } = person;
  await page.goto(shop.unlisted);
  await page.getByLabel('Customer').fill('eve');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('iframe').waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Chat' }).click();
  // The browser shows its own page in the place of ours.
  const found = page.frames().find((frame) => frame !== page.mainFrame());
  await page.waitForFunction(() => document.querySelector('iframe').checkVisibility());
  await until(() => /^chrome-error:/.test(found.url()), 'the frame is refused');
  const tried = await page.evaluate(async (chat) => {
    const signed = await (await fetch('/token', { method: 'POST' })).text();
    const asked = async (path, init) => fetch(`${chat}/api/v1${path}`, init).then(() => 'an answer', (error) => error.name);
    return {
      read: await asked('/server'),
      logIn: await asked('/sessions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ signed }) }),
      socket: await new Promise((resolve) => {
        const socket = new WebSocket(`${chat.replace('http', 'ws')}/ws`, 'tidings.v1.json');
        socket.onopen = () => resolve('open');
        socket.onclose = () => resolve('closed');
      }),
    };
  }, server.url);
  assert.deepEqual(tried, { read: 'TypeError', logIn: 'TypeError', socket: 'closed' });
  await assert.rejects(shop.ask('GET', '/users/eve'), /not_found/, 'nobody was made');
  await person.close();

  // The same from the origin that is listed.
  const listed = await open({ base: shop.url, bypassCSP: true });
  await listed.page.goto(shop.url);
  await listed.page.getByLabel('Customer').fill('zoe');
  await listed.page.getByRole('button', { name: 'Log in' }).click();
  await listed.page.locator('iframe').waitFor({ state: 'attached' });
  const done = await listed.page.evaluate(async (chat) => {
    const signed = await (await fetch('/token', { method: 'POST' })).text();
    const opened = await fetch(`${chat}/api/v1/sessions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ signed }) });
    const { user, token } = await opened.json();
    const me = await fetch(`${chat}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    const cookie = await fetch(`${chat}/api/v1/me`, { credentials: 'include' }).then(() => 'an answer', (error) => error.name);
    const socket = await new Promise((resolve) => {
      const opening = new WebSocket(`${chat.replace('http', 'ws')}/ws`, 'tidings.v1.json');
      opening.onopen = () => opening.send(JSON.stringify({ hello: { auth: { token }, device: { id: 'page', name: 'page', platform: 'web' }, resume: null, client: 'page' } }));
      opening.onmessage = ({ data }) => { resolve(Object.keys(JSON.parse(data))[0]); opening.close(); };
      opening.onclose = () => resolve('closed');
    });
    return { user, status: me.status, limit: me.headers.get('ratelimit') !== undefined, location: opened.headers.get('location') !== null, cookie, socket };
  }, server.url);
  assert.deepEqual(done, { user: 'zoe', status: 200, limit: true, location: true, cookie: 'TypeError', socket: 'welcome' });
  // A read with cookies is refused by the browser, which says so.
  listed.complaints.splice(0, listed.complaints.length, ...listed.complaints.filter((text) => !/credentials|CORS|Failed to load resource/.test(text)));
  await listed.close();
}

/** The sockets of a page, which can be cut and mended. */
async function lineOf(page) {
  const open = new Set();
  let whole = true;
  await page.routeWebSocket(/\/ws$/, (socket) => {
    if (!whole) return void socket.close();
    socket.connectToServer();
    open.add(socket);
  });
  return {
    cut: () => {
      whole = false;
      for (const socket of open) void socket.close();
      open.clear();
    },
    mend: () => { whole = true; },
  };
}

async function renewal(shop, open) {
  // The first token has expired, as one has that waited: the page is asked again.
  const noah = await customer(shop, open, 'noah', { expected: [/401/, ...NETWORK] });
  let asked = 0;
  await noah.page.route('**/token', async (route) => {
    asked += 1;
    if (asked > 1) return route.continue();
    const [head, claims] = (await (await route.fetch()).text()).split('.').slice(0, 2).map((part) => Buffer.from(part, 'base64url').toString());
    const old = { ...JSON.parse(claims), iat: 1_700_000_000, exp: 1_700_000_060 };
    await route.fulfill({ body: [head, JSON.stringify(old), 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.') });
  });
  const line = await lineOf(noah.page);
  await noah.page.reload();
  await noah.show();
  await noah.say('hello');
  await answered(shop, 'noah', 'hello');
  assert.equal(asked, 2);
  // The session ends while there is no connection: another one is opened, and what was written meanwhile arrives.
  line.cut();
  await noah.frame.getByText(/No connection/).waitFor();
  await noah.say('from a tunnel');
  await noah.row('from a tunnel').getByRole('img', { name: 'Sending' }).waitFor();
  await shop.ask('DELETE', '/users/noah/sessions');
  line.mend();
  await noah.row('from a tunnel').getByRole('img', { name: /Sent|Delivered|Read/ }).waitFor({ timeout: 60_000 });
  await answered(shop, 'noah', 'from a tunnel');
  assert.equal(asked, 3);
  // Signed out while it is open: it says so, and begins anew when asked to.
  await shop.ask('DELETE', '/users/noah/sessions');
  await noah.frame.getByRole('button', { name: 'Open it again' }).click();
  await noah.row('from a tunnel').waitFor();
  await noah.say('back');
  await answered(shop, 'noah', 'back');
  await noah.person.close();
}

async function killed(shop, open, server) {
  const olga = await customer(shop, open, 'olga', { expected: NETWORK });
  await olga.show();
  await olga.say('before');
  await answered(shop, 'olga', 'before');
  const texts = Array.from({ length: 5 }, (_, nth) => `number ${nth}.`);
  for (const [nth, text] of texts.entries()) {
    if (nth === 2) await server.kill();
    await olga.say(text);
  }
  await olga.row(texts[4]).getByRole('img', { name: 'Sending' }).waitFor();
  await olga.frame.getByText(/No connection/).waitFor();
  await server.start();
  await olga.row(texts[4]).getByRole('img', { name: /Sent|Delivered|Read/ }).waitFor({ timeout: 60_000 });
  const said = await answered(shop, 'olga', texts[4]);
  assert.deepEqual(said.filter((text) => /^number/.test(text)), texts);
  await olga.person.close();
}

/** Without one chat it is the list of them; a group is there, too. */
async function list(shop, open) {
  await shop.ask('PUT', '/users/quinn', { name: 'Quinn' });
  await shop.say('support', 'quinn', 'Your cup is ready.');
  const { conversation } = await shop.ask('POST', '/as/support/conversations', { group: { title: 'Collectors', members: ['quinn'] } });
  await shop.ask('POST', `/as/support/conversations/${conversation.id}/entries`, { text: { text: 'Welcome to the club.' } });
  const quinn = await customer(shop, open, 'quinn', { query: '?with=all' });
  const sessions = async () => (await shop.ask('GET', '/users/quinn/sessions')).sessions.length;
  await quinn.page.getByRole('button', { name: 'Chat (2)' }).click();
  await quinn.frame.getByRole('heading', { name: 'Chats' }).waitFor();
  const chats = quinn.frame.getByRole('list', { name: 'Chats' });
  assert.deepEqual((await chats.getByRole('button').allInnerTexts()).map((text) => /Collectors|Support/.exec(text)?.[0]), ['Collectors', 'Support']);
  const axe = await readFile(new URL('../../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  assert.deepEqual(await violations(quinn.person.context, quinn.page.frames().at(-1), axe), []);
  await chats.getByRole('button', { name: /Collectors/ }).click();
  await quinn.row('Welcome to the club.').getByText('Support').waitFor();
  await quinn.say('Thank you.');
  await quinn.row('Thank you.').getByRole('img', { name: /Sent|Delivered|Read/ }).waitFor();
  await quinn.page.getByRole('button', { name: 'Chat (1)' }).waitFor();
  await quinn.frame.getByRole('button', { name: 'Back' }).click();
  await chats.getByRole('button', { name: /Support/ }).click();
  await quinn.row('Your cup is ready.').waitFor();
  await quinn.page.getByRole('button', { name: 'Chat', exact: true }).waitFor();
  // Whoever leaves the page leaves no session.
  await quinn.page.goto('about:blank');
  await until(async () => (await sessions()) === 0, 'the session has ended with the page');
  await quinn.person.close();
}

/** What has run elsewhere stays text, in names and in words, and nobody else is asked for anything. */
async function hostile(shop, open) {
  const payloads = await corpus();
  await shop.ask('PUT', '/users/rosa', { name: 'Rosa' });
  await shop.ask('PUT', '/users/mallory', { name: line(payloads[0]) });
  const { conversation } = await shop.ask('POST', '/as/mallory/conversations', { group: { title: line(payloads[1]), members: ['rosa'] } });
  for (const text of payloads) await shop.ask('POST', `/as/mallory/conversations/${conversation.id}/entries`, { text: { text, markdown: true } });
  for (const payload of payloads) {
    const name = line(payload).replace(/[/\\]/g, '_');
    const { media } = await shop.upload('mallory', name, 'text/html', `<script>window.__xss=1</script>${payload}`);
    await shop.ask('POST', `/as/mallory/conversations/${conversation.id}/entries`, { media: { kind: 'file', media, caption: { text: payload, markdown: true } } });
  }
  const last = payloads.length * 2;
  const rosa = await customer(shop, open, 'rosa', { query: '?with=all' });
  const elsewhere = [];
  rosa.person.context.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && ![shop.url, shop.server.url].includes(new URL(request.url()).origin)) elsewhere.push(request.url());
  });
  await rosa.page.getByRole('button', { name: /^Chat/ }).click();
  await rosa.frame.getByRole('list', { name: 'Chats' }).getByRole('button').first().click();
  const log = rosa.frame.getByRole('log');
  await log.locator(`[data-row]`).first().waitFor();
  const frame = rosa.page.frames().at(-1);
  // From the first that is not read to the last.
  for (let before = -1; ;) {
    await provoke(frame);
    const seen = await log.evaluate((box) => { box.scrollTop += box.clientHeight; return Math.max(...[...box.querySelectorAll('[data-seq]')].map((row) => Number(row.dataset.seq))); });
    if (seen >= last && (await log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 2))) break;
    if (seen === before) await rosa.page.waitForTimeout(20);
    before = seen;
  }
  await provoke(frame);
  assert.equal(await frame.evaluate(() => window.__xss), undefined);
  assert.deepEqual(elsewhere, []);
  await rosa.person.close();
}

/** Evaluated through the devtools: the policies of page and frame, which stay as they are, do not bind them. */
export async function violations(context, target, axe) {
  const devtools = await context.newCDPSession(target);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await devtools.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  await evaluate(`if (!window.axe) { ${axe} } 0`);
  const answer = await evaluate(`axe.run(document, { runOnly: ${JSON.stringify(TAGS)}, resultTypes: ['violations'], iframes: false })
    .then(({ violations, passes }) => ({ passes: passes.length, violations: violations.map(({ id, nodes }) => id + ': ' +
      nodes.map((node) => node.target.join(' ')).join('; ')) }))`);
  await devtools.detach();
  assert.ok(answer.passes > 5, 'axe looked at a page that is as good as empty');
  return answer.violations;
}

/** Both languages, both themes, on a phone too; and what axe says of page and frame. */
async function looks(shop, open) {
  const axe = await readFile(new URL('../../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  const shots = process.env.WIDGET_SHOTS;
  await shop.ask('PUT', '/users/pia', { name: 'Pia' });
  await shop.say('support', 'pia', 'Good morning. Your order of three cups has left the house.');
  const { media } = await shop.upload('support', 'on the way.png', 'image/png', landscape(1));
  const { entry } = await shop.ask('POST', '/as/support/users/pia/entries', { media: { kind: 'image', media, caption: { text: 'A last look at the hills.' } } });
  await shop.ask('PUT', `/as/pia/conversations/${entry.conversation}/entries/${entry.seq}/reactions/${encodeURIComponent('❤️')}`);
  await shop.ask('POST', '/as/pia/users/support/entries', { text: { text: 'How lovely!', reply_to: entry.seq } });
  for (const [name, options] of [
    ['desktop-light', { query: '?theme=light' }], ['desktop-dark', { query: '?theme=dark' }],
    ['phone-light', { viewport: PHONE, query: '?language=zh&theme=light' }], ['phone-dark', { viewport: PHONE, query: '?language=zh&theme=dark' }],
  ]) {
    const pia = await customer(shop, open, 'pia', { viewport: { width: 900, height: 720 }, ...options });
    await pia.show();
    await pia.row('three cups').waitFor();
    await pia.row('A last look').locator('img').first().waitFor();
    const phone = name.startsWith('phone');
    await pia.field.fill(phone ? '谢谢！' : 'Thank you!');
    if (phone) {
      await pia.frame.getByRole('button', { name: '发送' }).waitFor();
      const box = await pia.page.locator('iframe').boundingBox();
      assert.deepEqual([box.x, box.y, box.width, box.height], [0, 0, PHONE.width, PHONE.height], 'on a phone it is all of the screen');
    }
    for (const frame of pia.page.frames()) {
      const found = await violations(pia.person.context, frame === pia.page.mainFrame() ? pia.page : frame, axe);
      assert.deepEqual(found, [], `${name} ${frame.url()}`);
    }
    if (shots) await writeFile(`${shots}/widget-${name}.png`, await pia.page.screenshot({ animations: 'disabled', caret: 'hide' }));
    await pia.person.close();
  }
}
