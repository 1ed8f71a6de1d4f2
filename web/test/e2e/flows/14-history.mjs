import assert from 'node:assert/strict';
import { UNHURRIED } from '../server.mjs';

export const sentence = 'ten thousand messages: the wheel goes far up and the button back, and the page stays small';
export const settings = UNHURRIED;

const COUNT = 10_000;
const AT_ONCE = 50;
const ROWS_MAX = 170;
const NODES_MAX = 7_000;
/** So many wheel steps up; each is about a page of the window. */
const STEPS = 120;

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  for (let nth = 0; nth < COUNT; nth += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => server.say(bob, ada, `line ${nth + at}.`)));
  }
  const a = await open();
  await a.logIn('ada');
  await a.openChat('Bob');
  const latest = a.page.getByRole('button', { name: /Jump to latest/ });
  await latest.click();
  const log = a.page.getByRole('log');
  const first = async () => Number(await log.locator('[data-seq]').first().getAttribute('data-seq'));
  await a.page.waitForFunction((count) => Number([...document.querySelectorAll('[data-seq]')].at(-1)?.dataset.seq) >= count, COUNT);
  await log.hover();
  let above = await first();
  const began = above;
  for (let step = 0; step < STEPS; step += 1) {
    await a.page.mouse.wheel(0, -2_000);
    await a.page.waitForTimeout(25);
    const now = await first();
    assert.ok(now <= above, `the page went down from ${above} to ${now} while the wheel went up`);
    above = now;
    assert.ok(await log.locator('[data-row]').count() <= ROWS_MAX, 'too many rows are on the page');
  }
  assert.ok(began - above > 1_500, `the wheel came from ${began} to ${above} only`);
  const nodes = await a.page.evaluate(() => document.querySelectorAll('*').length);
  assert.ok(nodes <= NODES_MAX, `${nodes} elements are on the page`);
  await latest.click();
  await a.page.waitForFunction(() => {
    const log = document.querySelector('[role=log]');
    return log.scrollHeight - log.scrollTop - log.clientHeight < 24;
  });
  await a.say('the last one');
  await a.message('the last one').waitFor();
}
