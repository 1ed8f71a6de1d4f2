import assert from 'node:assert/strict';
import { UNHURRIED } from '../server.mjs';

export const sentence = 'ten thousand messages: the wheel goes to the first one, and back, and the page stays small';
export const settings = UNHURRIED;

const COUNT = 10_000;
const AT_ONCE = 60;
const ROWS_MAX = 170;
const NODES_MAX = 7_000;
const STEPS_MAX = 400;

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
  await a.page.waitForFunction((count) => Number([...document.querySelectorAll('[data-seq]')].at(-1)?.dataset.seq) >= count, COUNT);
  await a.page.getByRole('log').hover();

  const up = await wheel(a, -6_000, ({ first }) => first === 1);
  assert.ok(up.every(({ first }, nth) => nth === 0 || first <= up[nth - 1].first), 'the page went down while the wheel went up');
  const down = await wheel(a, 6_000, ({ last }) => last > 1_000);
  assert.ok(down.every(({ last }, nth) => nth === 0 || last >= down[nth - 1].last), 'the page went up while the wheel went down');
  for (const { rows, nodes } of [...up, ...down]) {
    assert.ok(rows <= ROWS_MAX, `${rows} rows are on the page`);
    assert.ok(nodes <= NODES_MAX, `${nodes} elements are on the page`);
  }
  await latest.click();
  await a.page.waitForFunction(() => {
    const log = document.querySelector('[role=log]');
    return log.scrollHeight - log.scrollTop - log.clientHeight < 24;
  });
  await a.say('the last one');
  await a.message('the last one').waitFor();
}

/** Turns the wheel until the page is there, and tells what it was like on the way. */
async function wheel(person, by, there) {
  const way = [];
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const now = await person.page.evaluate(() => {
      const seqs = [...document.querySelectorAll('[data-seq]')].map(({ dataset }) => Number(dataset.seq));
      return { first: seqs[0], last: seqs.at(-1), rows: seqs.length, nodes: document.querySelectorAll('*').length };
    });
    way.push(now);
    if (there(now)) return way;
    await person.page.mouse.wheel(0, by);
    await person.page.waitForTimeout(20);
  }
  throw new Error(`the wheel came to ${JSON.stringify(way.at(-1))} only`);
}
