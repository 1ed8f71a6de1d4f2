// What docs/performance.md says of the client in a browser: time until it can be used, what a message and the wheel cost, memory.
//
//     node scripts/measure.mjs ../target/ci/tidings
//
// The server must have the client built in (a folder is sent without compression). Wall-clock figures are the least of some visits, for
// a machine that does other things meanwhile; the costs of the main thread are the browser's own counts.
import { resolve } from 'node:path';
import { enter } from '../test/e2e/pages.mjs';
import { launch, Person } from '../test/e2e/people.mjs';
import { Server, UNHURRIED } from '../test/e2e/server.mjs';

const VISITS = 5;
const MESSAGES = 10_000;
const AT_ONCE = 60;
/** A slow line: 150 ms there and back, 1.6 Mbit/s. */
const SLOW = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const WHEEL_STEPS = 150;
const INCOMING = 100;

const [binary] = process.argv.slice(2);
if (!binary) {
  console.error('Name the server: node scripts/measure.mjs ../target/ci/tidings');
  process.exit(64);
}
const server = new Server(resolve(binary), UNHURRIED);
let browser;
try {
  await server.start();
  await server.setUp();
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  for (let nth = 0; nth < MESSAGES; nth += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, MESSAGES - nth) }, (_, at) => server.say(bob, ada, `line ${nth + at} of what was said, with a few words more`)));
  }
  browser = await launch();
  row('log-in, slow line: until the form is there', await least(() => visit('/login', 'input[name=password]')), 'ms');
  const chat = await chatOf(ada);
  row('first chat, slow line, nothing cached: until messages and composer are there', await least(() => visit(chat, '[data-composer]', true)), 'ms');
  await inside(chat, bob, ada);
} finally {
  await browser?.close();
  await server.remove();
}

function row(what, value, unit) {
  console.log(`${what.padEnd(80)} ${String(Math.round(value * 10) / 10).padStart(8)} ${unit}`);
}

async function least(measure) {
  let found = Infinity;
  for (let nth = 0; nth < VISITS; nth += 1) found = Math.min(found, await measure());
  return found;
}

/** The path of the chat between the two. */
async function chatOf(person) {
  const { conversation } = await server.ask('POST', '/conversations', { token: person.token, body: { direct: { user: 'bob' } } });
  return `/c/${conversation.id}`;
}

/** One visit over the slow line: from the start of the navigation to the second frame after the page can be used. */
async function visit(path, selector, loggedIn = false) {
  const person = await Person.open(browser, server.url);
  if (loggedIn) {
    await enter(person, 'ada');
    // The session alone stays: everything else comes anew, as on a device that was never here.
    await person.page.goto('about:blank');
    const devtools = await person.context.newCDPSession(person.page);
    for (const storageTypes of ['indexeddb,local_storage,service_workers,cache_storage']) await devtools.send('Storage.clearDataForOrigin', { origin: server.url, storageTypes });
    await devtools.send('Network.enable');
    await devtools.send('Network.clearBrowserCache');
    await devtools.detach();
  }
  const devtools = await person.context.newCDPSession(person.page);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', SLOW);
  await person.page.addInitScript((selector) => {
    const look = () => {
      const rows = document.querySelectorAll('[data-seq]').length > 0 || selector !== '[data-composer]';
      if (document.querySelector(selector) && rows) requestAnimationFrame(() => requestAnimationFrame(() => { window.usable = performance.now(); }));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, selector);
  await person.page.goto(server.url + path, { waitUntil: 'commit' });
  const at = await (await person.page.waitForFunction(() => window.usable, null, { timeout: 60_000 })).jsonValue();
  await person.close();
  return at;
}

/** What an open chat costs: messages that come, the wheel, memory. */
async function inside(path, bob, ada) {
  const person = await Person.open(browser, server.url);
  await enter(person, 'ada');
  const { page } = person;
  await page.goto(server.url + path);
  const latest = page.getByRole('button', { name: /Jump to latest/ });
  if (await latest.isVisible()) await latest.click();
  await page.waitForTimeout(3_000);
  const devtools = await person.context.newCDPSession(page);
  await devtools.send('Performance.enable');
  const metrics = async () => Object.fromEntries((await devtools.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));

  const before = await metrics();
  for (let nth = 0; nth < INCOMING; nth += 1) {
    await server.say(bob, ada, `incoming ${nth}`);
    await page.waitForTimeout(20);
  }
  await page.getByText(`incoming ${INCOMING - 1}`).last().waitFor();
  const after = await metrics();
  row('script of the main thread for a message that comes', ((after.ScriptDuration - before.ScriptDuration) / INCOMING) * 1000, 'ms');
  row('all work of the main thread for it', ((after.TaskDuration - before.TaskDuration) / INCOMING) * 1000, 'ms');

  await page.evaluate(() => {
    window.frames_ = [];
    let last = performance.now();
    const frame = (now) => { window.frames_.push(now - last); last = now; window.watching = requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
  });
  await page.getByRole('log').hover();
  for (let step = 0; step < WHEEL_STEPS; step += 1) {
    await page.mouse.wheel(0, -240);
    await page.waitForTimeout(10);
  }
  const frames = (await page.evaluate(() => { cancelAnimationFrame(window.watching); return window.frames_; })).sort((one, other) => one - other);
  for (const [name, share] of [['p50', 0.5], ['p95', 0.95], ['p99', 0.99]]) row(`a frame while the wheel turns, ${name}`, frames[Math.floor(frames.length * share)], 'ms');
  row('the longest frame', frames.at(-1), 'ms');

  // To the first message and back.
  for (let step = 0; step < 600; step += 1) {
    const first = await page.evaluate(() => Number(document.querySelector('[data-seq]')?.dataset.seq));
    if (first === 1) break;
    await page.mouse.wheel(0, -6_000);
    await page.waitForTimeout(20);
  }
  await devtools.send('HeapProfiler.collectGarbage');
  const { JSHeapUsedSize, Nodes } = await metrics();
  row(`memory of scripts after all ${MESSAGES} messages were scrolled`, JSHeapUsedSize / 1e6, 'MB');
  row('elements of the page then', await page.evaluate(() => document.querySelectorAll('*').length), '');
  row('nodes that the browser holds', Nodes, '');
}
