import assert from 'node:assert/strict';
import { Provider } from '../provider.mjs';

export const sentence = 'an assistant answers word by word, is stopped, writes anew, fails honestly; code is copied, answers are rated; who scrolls up is left alone; chats are renamed and deleted; commands and translations answer one reader';

const CODE = ['Here is **one**:\n\n', '```rust\nfn main() {}\n', '```\n\n', '| a | b |\n|---|---|\n| 1 | 2 |\n\n', 'Done', ' with it.'];

export async function run({ server, open, chief }) {
  const provider = new Provider();
  await provider.start();
  try {
    await walk(provider, { server, open, chief });
  } finally {
    provider.stop();
  }
}

async function walk(provider, { server, open, chief }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  // An administrator points one at the provider, and tries it first.
  const c = await open();
  await c.logIn(chief.user);
  await c.page.goto(`${server.url}/console/assistants`);
  await c.page.getByRole('button', { name: 'New assistant' }).click();
  const editor = c.page.getByRole('dialog');
  await editor.getByLabel('User id').fill('parrot');
  await editor.getByLabel('Display name').fill('Parrot');
  await editor.getByLabel('Address of the interface').fill(provider.url);
  await editor.getByLabel('Model', { exact: true }).fill('parrot-1');
  await editor.getByRole('button', { name: 'Test' }).click();
  await editor.getByText('1 model: parrot-1').waitFor();
  // What was tried says nothing of other settings.
  await editor.getByLabel('Model', { exact: true }).fill('parrot-2');
  await editor.getByText('1 model: parrot-1').waitFor({ state: 'detached' });
  await editor.getByLabel('Model', { exact: true }).fill('parrot-1');
  await editor.getByRole('button', { name: 'Save' }).click();
  await c.page.getByText('@parrot · parrot-1').waitFor();
  await c.close();
  const a = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
  await a.logIn('ada');
  await a.page.getByRole('link', { name: 'Assistant' }).first().click();
  await a.page.getByRole('button', { name: 'New chat' }).first().click();
  await a.composer().waitFor();
  await a.page.getByText('parrot-1 · answers can be wrong').waitFor();

  // Word by word, then an entry like any other.
  provider.answer = () => CODE;
  provider.pauseMs = 150;
  await a.say('Show me some code.');
  await a.page.locator('[role=log] [aria-busy=true]').getByText('one').waitFor();
  const answer = a.page.getByRole('log').locator('[data-row]').filter({ hasText: 'Done with it.' });
  await answer.waitFor();
  await answer.getByRole('table').waitFor();
  await answer.locator('pre').locator('..').getByRole('button', { name: 'Copy' }).click();
  assert.equal((await a.page.evaluate(() => navigator.clipboard.readText())).trim(), 'fn main() {}');

  // Stopped: what came stays.
  provider.answer = () => Array.from({ length: 1_500 }, (_, nth) => `word${nth}\n\n`);
  provider.pauseMs = 50;
  await a.say('Tell me a long story.');
  await a.page.getByRole('log').getByText('word3', { exact: true }).waitFor();
  await scrollUpAndBack(a);
  await a.page.getByRole('button', { name: 'Stop' }).click();
  await a.page.getByText('Stopped before the end.').waitFor();
  await a.page.getByRole('log').getByText('word3', { exact: true }).waitFor();

  // Written again, in its place.
  provider.answer = () => ['A short', ' one.'];
  await a.page.getByRole('log').locator('[data-row]').filter({ hasText: 'word3' }).getByRole('button', { name: 'Write it again' }).click();
  await a.page.getByRole('log').getByText('A short one.').waitFor();
  await a.page.getByText('Stopped before the end.').waitFor({ state: 'detached' });

  // What the reader thinks of it: one of the two, or none.
  const [good, bad] = ['Good answer', 'Bad answer'].map((name) => a.message('A short one.').getByRole('button', { name }));
  const pressed = (button, on) => a.page.waitForFunction(([button, on]) => button.getAttribute('aria-pressed') === String(on), [button, on]);
  const [up, down] = [await good.elementHandle(), await bad.elementHandle()];
  await good.click();
  await pressed(up, true);
  // The pressed thumb says it; nothing else does.
  const chips = a.message('A short one.').getByRole('button', { name: /reaction/ });
  assert.equal(await chips.count(), 0);
  await bad.click();
  await pressed(down, true);
  assert.equal(await chips.count(), 0);
  await pressed(up, false);
  await bad.click();
  await pressed(down, false);

  // A failure says what it was, and can be tried again.
  provider.answer = () => 400;
  await a.say('And now?');
  await a.page.getByRole('log').getByText(/out of seeds/).waitFor();
  provider.answer = () => ['All', ' well.'];
  await a.page.getByRole('log').getByRole('button', { name: 'Try again' }).click();
  await a.page.getByRole('log').getByText('All well.').waitFor();

  // One question at a time: the second waits and says so.
  provider.answer = () => Array.from({ length: 60 }, (_, nth) => `slow${nth} `);
  await a.say('First of two.');
  await a.page.getByRole('log').getByText('slow2').waitFor();
  provider.answer = () => ['Now the second.'];
  await a.say('Second of two.');
  await a.page.getByText('Waits for its turn').waitFor();
  await a.page.getByRole('log').locator('[data-row]').filter({ hasText: 'Now the second.' }).waitFor();

  // Another title, and gone.
  const line = a.page.getByRole('navigation', { name: 'Assistant' }).getByRole('listitem').first();
  await line.getByRole('button', { name: /Actions for/ }).click();
  await a.page.getByRole('menuitem', { name: 'Rename' }).click();
  await a.page.getByLabel('Title of the chat').fill('Parrots');
  await a.page.getByRole('button', { name: 'Save' }).click();
  await line.getByText('Parrots').waitFor();
  await line.getByRole('button', { name: /Actions for/ }).click();
  await a.page.getByRole('menuitem', { name: 'Delete' }).click();
  await a.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await line.waitFor({ state: 'detached' });

  // A command in another chat: to this device alone, and the others see nothing of it.
  const direct = await server.say(bob, ada, 'Wir treffen uns um acht.');
  provider.answer = () => ['We meet', ' at eight.'];
  await a.page.getByRole('link', { name: 'Chats' }).first().click();
  await a.openChat('Bob');
  await a.message('Wir treffen uns um acht.').waitFor();
  await a.composer().pressSequentially('/tra');
  await a.page.getByRole('option', { name: /Translate/ }).waitFor();
  // Once to choose, once to send, before anything is drawn: the list that closes takes no key any more.
  await a.composer().evaluate((field) => {
    for (let time = 0; time < 2; time += 1) field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
  });
  const aside = a.page.getByRole('region', { name: 'Translation' });
  await aside.getByText('We meet at eight.').waitFor();
  await aside.getByRole('button', { name: 'Put into the message' }).click();
  await a.page.waitForFunction(() => document.querySelector('[data-composer]').value === 'We meet at eight.');
  await a.composer().fill('');
  // Written out to the end, a command is sent: the list over the field has nothing to add to it.
  provider.answer = () => ['Bob wants to', ' meet.'];
  await a.composer().pressSequentially('/summarise');
  await a.composer().press('Enter');
  await a.page.getByRole('region', { name: 'What is unread' }).getByText('Bob wants to meet.').waitFor();
  assert.equal(await a.composer().inputValue(), '');
  // From the menu of a message: all of it, or the words of it that are selected.
  await a.page.getByRole('region', { name: 'What is unread' }).getByRole('button', { name: 'Close' }).click();
  provider.answer = () => ['All of', ' it.'];
  await a.act('Wir treffen uns', 'More');
  await a.page.getByRole('menuitem', { name: 'Translate' }).click();
  await aside.getByText('All of it.').waitFor();
  assert.equal(provider.requests.at(-1).messages.at(-1).content, 'Wir treffen uns um acht.');
  provider.answer = () => ['at', ' eight'];
  await a.message('Wir treffen uns').first().evaluate((row) => {
    const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
    while (!walker.nextNode().data.includes('um acht'));
    const at = walker.currentNode.data.indexOf('um acht');
    getSelection().setBaseAndExtent(walker.currentNode, at, walker.currentNode, at + 'um acht'.length);
  });
  await a.act('Wir treffen uns', 'More');
  await a.page.getByRole('menuitem', { name: /Translate.*um acht/ }).click();
  await aside.getByText('at eight').waitFor();
  assert.equal(provider.requests.at(-1).messages.at(-1).content, 'um acht');
  assert.ok(provider.requests.at(-1).messages[0].content.includes('English'));
  // Where one cannot write it can be read as well; there is just nowhere to put it.
  await aside.getByRole('button', { name: 'Close' }).click();
  await server.ask('PUT', '/blocks/bob', { token: ada.token });
  await a.page.getByText('You blocked this person').waitFor();
  await a.act('Wir treffen uns', 'More');
  await a.page.getByRole('menuitem', { name: /Translate/ }).click();
  await aside.getByText('at eight').waitFor();
  await a.page.waitForFunction(() => document.querySelector('section[aria-label=Translation]').getAttribute('aria-busy') === 'false');
  assert.equal(await aside.getByRole('button', { name: 'Put into the message' }).count(), 0);
  const { entries } = await server.ask('GET', `/conversations/${direct.conversation ?? direct.entry?.conversation}/entries`, { token: bob.token });
  assert.ok(!JSON.stringify(entries).includes('We meet'));
}

/** While an answer is written its reader may look further up, and is left there; one button later what is new is followed again. */
async function scrollUpAndBack({ page }) {
  const log = page.getByRole('log');
  const place = () => log.evaluate(({ scrollTop, scrollHeight, clientHeight }) => ({ top: Math.round(scrollTop), below: scrollHeight - scrollTop - clientHeight }));
  const words = () => log.evaluate((element) => Math.max(...[...element.textContent.matchAll(/word(\d+)/g)].map(([, nth]) => Number(nth))));
  /** The next so many words are there. */
  const more = async (count) => {
    const wanted = (await words()) + count;
    await log.getByText(`word${wanted}`, { exact: true }).waitFor();
  };
  await page.waitForFunction(() => { const log = document.querySelector('[role=log]'); return log.scrollHeight > log.clientHeight * 1.5; });
  await log.hover();
  // The wheel may roll on for a moment.
  let before;
  do {
    before = await place();
    if (before.below < 100) await page.mouse.wheel(0, -400);
    await more(4);
  } while (before.below < 100 || (await place()).top !== before.top);
  await more(20);
  const after = await place();
  assert.equal(after.top, before.top, 'what the reader looks at stays where it is');
  assert.ok(after.below > before.below, 'and below it the answer grows');
  await page.getByRole('button', { name: 'Jump to latest' }).click();
  await page.waitForFunction(() => { const log = document.querySelector('[role=log]'); return log.scrollHeight - log.scrollTop - log.clientHeight <= 24; });
  await more(20);
  await page.waitForFunction(() => { const log = document.querySelector('[role=log]'); return log.scrollHeight - log.scrollTop - log.clientHeight <= 24; });
}
