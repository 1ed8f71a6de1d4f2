// The widget on its sample page, in a real browser against a real server.
//
//   node clients/js/test/widget.mjs target/ci/tidings
//
// The packages of the web client (for the browser) and of this one must be there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PASSWORD, Server, UNHURRIED } from '../../../web/test/e2e/server.mjs';
import { serve } from '../widget/sample/serve.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
const web = createRequire(new URL('../../../web/package.json', import.meta.url));
const { chromium } = web('playwright-core');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

const built = spawnSync('npm', ['run', '--silent', 'build:widget'], { cwd: here, stdio: 'inherit' });
assert.equal(built.status, 0, 'the widget is built');
spawnSync('npm', ['run', '--silent', 'build'], { cwd: here, stdio: 'ignore' });
const { connect } = await import('../dist/index.js');

const server = new Server(process.argv[2], UNHURRIED);
await server.start();
const register = async (user) => {
  const answer = await fetch(`${server.url}/api/v1/accounts`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ user, password: PASSWORD }),
  });
  return (await answer.json()).token;
};
await register('ada');
const support = await connect({ url: server.url, token: await register('support') });
const sample = await serve(server.url, { user: 'ada', password: PASSWORD });
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1000, height: 760 }, locale: 'en-GB' });
const troubles = [];
page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
page.on('pageerror', (error) => troubles.push(String(error)));

let passed = 0;
let failed = 0;
async function check(sentence, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok      ${sentence}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${sentence}\n${error.stack}`);
  }
}

const button = page.getByRole('button', { name: /Ask the gardeners/ });
const frame = page.frameLocator('iframe');
const messages = support.messages();
const heard = async () => (await messages.next()).value;

await check('the shop shows a button, and a click opens the chat', async () => {
  await page.goto(sample.shop);
  await button.click();
  await frame.getByRole('textbox', { name: 'Write a message' }).waitFor();
});
await check('what the visitor writes reaches the other side, in the name of who is logged in', async () => {
  await frame.getByRole('textbox').fill('Do roses need much water?');
  await frame.getByRole('textbox').press('Enter');
  const message = await heard();
  assert.deepEqual([message.author, message.text], ['ada', 'Do roses need much water?']);
  await frame.getByRole('log').getByText('Do roses need much water?').waitFor();
});
await check('the answer comes as text: HTML stays text, an address becomes a link', async () => {
  await support.send('ada', 'In the <b>morning</b><img src=x onerror=alert(1)>: https://example.org/roses');
  await frame.getByText('<b>morning</b>').waitFor();
  assert.equal(await frame.locator('#log b, #log img').count(), 0);
  assert.equal(await frame.getByRole('link').getAttribute('rel'), 'noopener noreferrer nofollow');
  await support.typing(support.chats[0].id);
  await frame.getByText('is typing').waitFor();
});
await check('what is before the eyes is read, and what comes while the chat is closed counts on the button', async () => {
  const chat = support.chatWith('ada').id;
  for (let turn = 0; turn < 60 && !support.chat(chat).cursors.some(({ user, read }) => user === 'ada' && read === 2); turn += 1) {
    await page.waitForTimeout(100);
  }
  assert.ok(support.chat(chat).cursors.some(({ user, read }) => user === 'ada' && read === 2));
  await frame.getByRole('button', { name: 'Close the chat' }).click();
  await support.send('ada', 'Anything else?');
  await page.getByRole('button', { name: 'Ask the gardeners (1 unread)' }).click();
  await frame.getByText('Anything else?').waitFor();
  await page.getByRole('button', { name: 'Ask the gardeners', exact: true }).waitFor();
});
await check('an edit and a recall show', async () => {
  const sent = await support.send('ada', 'Half a litre');
  await frame.getByText('Half a litre').waitFor();
  await support.edit(sent.conversation, sent.seq, 'A whole litre');
  await frame.getByText('A whole litre').waitFor();
  await support.recall(sent.conversation, sent.seq);
  await frame.getByText('This message was taken back.').waitFor();
});
await check('what is written while the server is gone is sent when it is back, once', async () => {
  await server.kill();
  await frame.getByText('No connection.').waitFor();
  await frame.getByRole('textbox').fill('Are you still there?');
  await frame.getByRole('textbox').press('Enter');
  await frame.getByText('Sending …').waitFor();
  await server.start();
  assert.equal((await heard()).text, 'Are you still there?');
  await frame.getByText('Sending …').waitFor({ state: 'detached' });
  assert.equal(await frame.getByText('Are you still there?').count(), 1);
});
await check('a file is sent', async () => {
  await frame.locator('#file').setInputFiles({ name: 'bed.txt', mimeType: 'text/plain', buffer: Buffer.from('12 roses') });
  const message = await heard();
  assert.equal(message.entry.body.media.info.name, 'bed.txt');
  await frame.getByRole('button', { name: 'bed.txt' }).waitFor();
});
await check('a reload shows what was said', async () => {
  await page.reload();
  await button.click();
  await frame.getByText('Do roses need much water?').waitFor();
  await frame.getByText('Are you still there?').waitFor();
});
await check('the frame has no faults that axe finds', async () => {
  const axe = await readFile(web.resolve('axe-core/axe.min.js'), 'utf8');
  const [, inside] = page.frames();
  // Past the frame's own policy, which lets nothing in from outside.
  const session = await page.context().newCDPSession(inside).catch(() => page.context().newCDPSession(page));
  await session.send('Page.setBypassCSP', { enabled: true }).catch(() => undefined);
  await inside.evaluate(axe);
  const { violations } = await inside.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] }));
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
});
await check('on a page that the chat does not know, the frame stays empty', async () => {
  const stranger = await serve(server.url, { user: 'ada', password: PASSWORD });
  try {
    const other = await browser.newPage();
    await other.goto(stranger.shop);
    await other.evaluate((address) => {
      const made = document.createElement('iframe');
      made.src = address;
      document.body.append(made);
    }, `${sample.chat}/widget/`).catch(() => undefined);
    await other.waitForTimeout(500);
    assert.equal(await other.frameLocator('iframe').locator('#text').count().catch(() => 0), 0);
    await other.close();
  } finally {
    stranger.stop();
  }
});
await check('nothing went wrong in the browser but what the test broke on purpose', async () => {
  const others = troubles.filter((words) => !/ERR_CONNECTION|WebSocket connection|Failed to load resource|frame-ancestors|ERR_EMPTY_RESPONSE/.test(words));
  assert.deepEqual(others, []);
});
if (process.env.PICTURE) await page.screenshot({ path: process.env.PICTURE });

await browser.close();
await support.close();
sample.stop();
await server.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
