// axe on every page, and what axe cannot see. Four pairings cover each size, theme and language; `AXE=all` takes all eight.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { INSIDE, OUTSIDE, enter, visit, walk } from '../pages.mjs';
import { DESKTOP, PHONE } from '../people.mjs';
import { makeWorld } from '../world.mjs';

export const sentence = 'every page is accessible: axe, narrow windows, focus and tab order';
export const minutes = 8;

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const NARROW = { width: 320, height: 640 };
const FOUR = [
  { viewport: DESKTOP, colorScheme: 'light', locale: 'en' }, { viewport: PHONE, colorScheme: 'dark', locale: 'en' },
  { viewport: DESKTOP, colorScheme: 'dark', locale: 'zh-CN' }, { viewport: PHONE, colorScheme: 'light', locale: 'zh-CN' },
];
const EIGHT = [DESKTOP, PHONE].flatMap((viewport) =>
  ['light', 'dark'].flatMap((colorScheme) => ['en', 'zh-CN'].map((locale) => ({ viewport, colorScheme, locale }))));

export async function run({ server, open, chief }) {
  const world = await makeWorld(server, chief);
  const axe = await readFile(new URL('../../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  const found = [];
  const pairings = [...(process.env.AXE === 'all' ? EIGHT : FOUR)];
  // Most of it is the computing of the pages, so two at a time; each logs in once and walks from page to page.
  await Promise.all([through(), through()]);
  async function through() {
    for (let pairing = pairings.shift(); pairing; pairing = pairings.shift()) await lookAtAll(pairing);
  }
  async function lookAtAll(pairing) {
    const person = await open({ ...pairing, reducedMotion: 'reduce' });
    const look = async (place, go = walk) => {
      await go(person, world, place);
      const where = `${place.name} at ${pairing.viewport.width}, ${pairing.colorScheme}, ${pairing.locale}`;
      found.push(...(await violations(person, axe)).map((line) => `${where}: ${line}`));
    };
    for (const place of OUTSIDE) await look(place, visit);
    await enter(person, chief.user);
    for (const place of INSIDE) await look(place);
    await person.context.close();
  }
  assert.equal(found.length, 0, found.join('\n'));

  await Promise.all([
    reflow(await open({ viewport: NARROW, reducedMotion: 'reduce' }), world, 'in a narrow window'),
    reflow(await open({ viewport: DESKTOP, reducedMotion: 'reduce' }), world, 'with text of twice the size', '200%'),
  ]);
  const person = await open();
  await enter(person, chief.user);
  await focusReturns(person, world);
  await tabOrder(person, world);
}

/** Evaluated through the devtools: a page's policy, which stays as it is, does not bind them. */
async function violations({ context, page }, axe) {
  const devtools = await context.newCDPSession(page);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await devtools.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  await evaluate(`if (!window.axe) { ${axe} } 0`);
  const answer = await evaluate(`axe.run(document, { runOnly: ${JSON.stringify(TAGS)}, resultTypes: ['violations'] })
    .then(({ violations, passes }) => ({ passes: passes.length, violations: violations.map(({ id, nodes }) => id + ': ' +
      nodes.slice(0, 3).map((node) => node.target.join(' ') + ' (' + (node.any[0]?.message ?? node.all[0]?.message ?? node.none[0]?.message ?? '') + ')').join('; ')) }))`);
  await devtools.detach();
  assert.ok(answer.passes > 10, 'axe looked at a page that is as good as empty');
  return answer.violations;
}

/** WCAG 1.4.10 and 1.4.4: nothing has to be scrolled sideways at 320 pixels, nor is anything cut off with text of twice the size. */
async function reflow(person, world, when, size = '100%') {
  const wide = [];
  const look = async (place, go = walk) => {
    await go(person, world, place);
    const over = await person.page.evaluate((size) => {
      document.documentElement.style.fontSize = size;
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth > clientWidth) return [`the page has ${scrollWidth}`];
      // What is cut off by a parent that does not scroll is lost as well.
      return [...document.querySelectorAll('main :is(h1, h2, h3, p, a, button, input, label)')]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('.hidden-text, .scroll-x, pre, [role="tablist"]'))
        .filter((element) => { const box = element.getBoundingClientRect(); return box.width > 1 && box.right > clientWidth + 1 && box.left < clientWidth; })
        .map((element) => `${element.tagName} “${element.textContent.slice(0, 30)}” ends at ${Math.round(element.getBoundingClientRect().right)}`);
    }, size);
    wide.push(...over.map((line) => `${place.name}: ${line}`));
  };
  for (const place of OUTSIDE) await look(place, visit);
  await enter(person, world.chief.user);
  for (const place of INSIDE) await look(place);
  assert.equal(wide.length, 0, `${when}\n${wide.join('\n')}`);
}

/** Whoever closes a dialog is where they were. */
async function focusReturns(person, world) {
  const { page, base } = person;
  const marked = (locator) => locator.evaluate((element) => element === document.activeElement);
  await page.goto(`${base}/settings/security`);
  const opener = page.locator('main button:has-text("Log out")').first();
  await opener.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  assert.ok(await page.evaluate(() => document.activeElement?.closest('dialog')), 'the focus is in the dialog');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.ok(await marked(opener), 'the focus is back on what opened the dialog');

  await page.goto(`${base}/c/${world.chats.ada}`);
  await person.composer().focus();
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.ok(await marked(person.composer()), 'the focus is back in the composer after the switcher');
}

/** Skip link, rail, list, page: as the eye goes. */
async function tabOrder(person, world) {
  const { page, base } = person;
  await page.goto(`${base}/c/${world.chats.ada}`);
  await person.composer().waitFor();
  await page.locator('a[href="#content"]').focus();
  const areas = ['skip'];
  for (let step = 0; step < 60 && areas.at(-1) !== 'composer'; step += 1) {
    await page.keyboard.press('Tab');
    const area = await page.evaluate(() => {
      const now = document.activeElement;
      if (now?.matches('a[href="#content"]')) return 'skip';
      if (now?.matches('[data-composer]')) return 'composer';
      if (now?.closest('#content')) return 'page';
      if (now?.closest('main')) return 'list';
      return now?.closest('nav') ? 'rail' : 'elsewhere';
    });
    if (areas.at(-1) !== area) areas.push(area);
  }
  assert.deepEqual(areas, ['skip', 'rail', 'list', 'page', 'composer']);
}
