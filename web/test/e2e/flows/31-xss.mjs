// Whatever people can put in front of others, with a corpus of what has run elsewhere (`xss.txt`). Nothing of it may run, ask another
// host, change the page, or even be stopped by the policy: then only the policy stood between. That it is shown as text is checked too.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { enter, visit } from '../pages.mjs';
import { World } from '../world.mjs';

export const sentence = 'no name, message, title, file name, link or signature becomes anything but text';
export const minutes = 5;
export const settings = { TIDINGS_LIMITS_RATE_PER_SECOND: '1000', TIDINGS_LIMITS_RATE_BURST: '10000' };

const PAYLOADS_MIN = 150;
/** Less than the rows that the thread keeps on both sides of a place. */
const STEP = 30;

export async function run({ server, open, chief }) {
  const payloads = await corpus();
  const mallory = await server.person('mallory', 'Mallory');
  await server.befriend(chief, mallory);
  const world = new World(server, chief);
  const person = await open();
  const alarms = await watch(person, server.url);
  await enter(person, chief.user);

  await inProfiles({ world, mallory, person, payloads });
  await inTitles({ world, mallory, person, payloads });
  await inMessages({ world, mallory, person, payloads });
  await underMessages({ server, chief, world, person, payloads });
  assert.deepEqual(alarms, []);
}

/** The payloads, with what stands for control characters in the file as those characters. */
async function corpus() {
  const text = await readFile(new URL('../xss.txt', import.meta.url), 'utf8');
  const payloads = text.split('\n').filter((line) => line && !line.startsWith('# ')).map((line) =>
    line.replace(/\\(?:([nt\\])|x([0-9a-f]{2}))/g, (_, one, hex) => (hex ? String.fromCharCode(parseInt(hex, 16)) : { n: '\n', t: '\t', '\\': '\\' }[one])));
  assert.ok(payloads.length >= PAYLOADS_MIN, `${payloads.length} payloads`);
  return payloads;
}

/** Collects what must not happen in any page or frame of a browser. (CSP reports and errors fail every flow.) */
async function watch({ context, page }, base) {
  const alarms = [];
  await context.addInitScript(() => {
    Object.defineProperty(window, '__xss', { set: () => console.error(`a payload ran in ${location.href}`) });
  });
  context.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== base) alarms.push(`asked ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    alarms.push(`a dialog said ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('popup', (popup) => alarms.push(`opened ${popup.url()}`));
  return alarms;
}

/** Lets everything on the page hear what handlers wait for, and looks for what only a payload can have made. */
async function provoke(page) {
  const strange = await page.evaluate(() => {
    const all = [...document.querySelectorAll('#app *')];
    for (const name of ['mouseover', 'pointerenter', 'pointerover', 'focus', 'wheel', 'toggle', 'load', 'error']) {
      for (const element of all) if (!(element instanceof HTMLImageElement)) element.dispatchEvent(new Event(name));
    }
    const found = all.filter((element) => element.matches('script, style, iframe, object, embed, base, meta, link, form[action], marquee, math, template, [srcdoc], [formaction], [ping]')
      || [...element.attributes].some(({ name }) => name.startsWith('on')));
    const links = [...document.querySelectorAll('a[href]')].filter((link) => !['http:', 'https:', 'mailto:', 'tel:'].includes(link.protocol));
    return [...found, ...links].map((element) => element.outerHTML.slice(0, 200));
  });
  assert.deepEqual(strange, []);
}

/** Names and lines have no control characters; the server refuses them. */
const line = (payload) => payload.replace(/[\x00-\x1f\x7f]/g, ' ').trim();

/** Waits until a text is on the page, as text. */
const shown = (page, text) => page.waitForFunction((wanted) => document.querySelector('main')?.textContent.includes(wanted), text, { polling: 20 });

async function inProfiles({ world, mallory, person, payloads }) {
  const { page } = person;
  await visit(person, world, { path: () => `/u/${mallory.user}` });
  for (const payload of payloads.map(line)) {
    await world.as(mallory, 'PUT', '/me/profile', { name: payload, card: { signature: `signed ${payload}`, location: payload } });
    await shown(page, `signed ${payload}`);
  }
  await provoke(page);
  for (const path of ['/contacts', '/console/users']) {
    await visit(person, world, { path: () => path });
    await provoke(page);
  }
}

async function inTitles({ world, mallory, person, payloads }) {
  const { page } = person;
  const group = await world.group(mallory, 'Titles', [world.chief]);
  await visit(person, world, { path: () => `/c/${group}`, after: async () => person.composer().waitFor() });
  for (const payload of payloads.map(line)) {
    await world.as(mallory, 'PUT', `/groups/${group}/title`, { title: payload });
    await shown(page, payload);
  }
  await world.as(mallory, 'PUT', `/groups/${group}/card`, { introduction: payloads.slice(0, 30).map(line).join('\n'), notice: payloads.slice(30, 60).map(line).join('\n') });
  await page.locator('section[aria-label] > header [aria-expanded]').click();
  await provoke(page);
}

async function inMessages({ world, mallory, person, payloads }) {
  const direct = await world.direct(mallory);
  const ways = {
    text: (payload) => ({ text: { text: payload } }),
    markdown: (payload) => ({ text: { text: payload, markdown: true } }),
    file: (payload, media) => ({ media: { kind: 'file', media, caption: { text: payload, markdown: true } } }),
  };
  for (const [way, contentOf] of Object.entries(ways)) {
    const seqs = [];
    for (const payload of payloads) {
      const name = way === 'file' ? line(payload).replace(/[/\\]/g, '_') : '';
      const media = name && await world.upload(mallory, name, 'text/html', `<script>window.__xss=1</script>${payload}`);
      seqs.push(await world.say(mallory, direct, contentOf(payload, media)));
    }
    await lookAt({ world, person, direct, seqs, texts: way === 'text' ? payloads : [] });
  }
}

/** On the buttons of a bot, and in the addresses that they open; what the server refuses is no danger. */
async function underMessages({ server, chief, world, person, payloads }) {
  await server.ask('POST', '/admin/users', { token: chief.token, body: { user: 'mallory-bot', kind: 'bot' } });
  const { secret } = await server.ask('POST', '/admin/users/mallory-bot/tokens', { token: chief.token, body: {} });
  const bot = { user: 'mallory-bot', token: secret };
  const direct = await world.direct(bot);
  const seqs = [];
  const says = (content) => world.say(bot, direct, content).then((seq) => seqs.push(seq), () => undefined);
  for (const payload of payloads) {
    const words = line(payload).slice(0, 100);
    await says({ buttons: { text: { text: payload, markdown: true }, rows: [[{ label: words, does: { press: words.slice(0, 60) } }, { label: words, does: { open: 'https://example.org/' } }]] } });
    await says({ buttons: { text: { text: 'x' }, rows: [[{ label: 'x', does: { open: payload } }]] } });
  }
  assert.ok(seqs.length > payloads.length / 2, `${seqs.length} were sent`);
  await lookAt({ world, person, direct, seqs, texts: [] });
}

/** Opens the chat around its messages until each was on the screen. */
async function lookAt({ world, person, direct, seqs, texts }) {
  const { page } = person;
  let seen = '';
  for (let at = 0; at < seqs.length; at += STEP) {
    const seq = seqs[Math.min(at + STEP / 2, seqs.length - 1)];
    await visit(person, world, { path: () => `/c/${direct}/m/${seq}`, after: () => page.getByRole('log').locator('[data-row]').nth(10).waitFor() });
    seen += (await page.getByRole('log').locator('[data-row]').allTextContents()).join('\n');
    await provoke(page);
  }
  for (const text of texts) assert.ok(seen.includes(text), `not shown as it was written: ${JSON.stringify(text)}`);
}
