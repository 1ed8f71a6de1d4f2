import assert from 'node:assert/strict';
import { UNHURRIED } from '../server.mjs';

export const sentence = 'after 350 messages while away the newest are there, and scrolling up brings each of the others once';
export const settings = UNHURRIED;
const COUNT = 350;
const ROWS_MAX = 170;

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  for (let nth = 0; nth < 30; nth += 1) await server.say(bob, ada, `before ${nth}.`);
  const a = await open({ expected: [/ERR_INTERNET_DISCONNECTED/, /WebSocket/] });
  await a.logIn('ada');
  await a.openChat('Bob');
  await a.message('before 29.').waitFor();
  await a.context.setOffline(true);
  for (let nth = 0; nth < COUNT; nth += 1) await server.say(bob, ada, `while away ${nth}.`);
  await a.context.setOffline(false);
  await a.page.getByRole('button', { name: /Jump to latest/ }).click({ timeout: 35_000 });
  await a.message(`while away ${COUNT - 1}.`).waitFor();

  const seen = new Set();
  const log = a.page.getByRole('log');
  await log.hover();
  for (let step = 0; step < 400 && !seen.has('before 0.'); step += 1) {
    const texts = await a.said(/(before|while away) \d+\./g);
    assert.equal(new Set(texts).size, texts.length, 'a message is there twice');
    assert.ok(await log.locator('[data-row]').count() <= ROWS_MAX, 'too many rows are on the page');
    for (const text of texts) seen.add(text);
    await a.page.mouse.wheel(0, -1_500);
    await a.page.waitForTimeout(30);
  }
  for (let nth = 0; nth < 30; nth += 1) assert.ok(seen.has(`before ${nth}.`), `before ${nth} was never seen`);
  for (let nth = 0; nth < COUNT; nth += 1) assert.ok(seen.has(`while away ${nth}.`), `while away ${nth} was never seen`);
}
