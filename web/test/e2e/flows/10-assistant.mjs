import assert from 'node:assert/strict';
import { Provider } from '../provider.mjs';

export const sentence = 'an assistant answers word by word, is stopped, writes anew, fails honestly; code is copied; chats are renamed and deleted; commands answer one reader';

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
  provider.answer = () => Array.from({ length: 400 }, (_, nth) => `word${nth} `);
  provider.pauseMs = 50;
  await a.say('Tell me a long story.');
  await a.page.getByRole('log').getByText('word3').waitFor();
  // While it is written, the reader may look further up.
  await a.page.getByRole('log').hover();
  await a.page.getByRole('button', { name: 'Stop' }).click();
  await a.page.getByText('Stopped before the end.').waitFor();
  await a.page.getByRole('log').getByText('word3').waitFor();

  // Written again, in its place.
  provider.answer = () => ['A short', ' one.'];
  await a.page.getByRole('log').locator('[data-row]').filter({ hasText: 'word3' }).getByRole('button', { name: 'Write it again' }).click();
  await a.page.getByRole('log').getByText('A short one.').waitFor();
  await a.page.getByText('Stopped before the end.').waitFor({ state: 'detached' });

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
  await a.page.getByRole('option', { name: /Translate/ }).click();
  await a.page.getByRole('option').first().waitFor({ state: 'detached' });
  await a.page.waitForFunction(() => document.querySelector('[data-composer]').value === '/translate English');
  await a.composer().press('Enter');
  const aside = a.page.getByRole('region', { name: 'Translation' });
  await aside.getByText('We meet at eight.').waitFor();
  await aside.getByRole('button', { name: 'Put into the message' }).click();
  assert.equal(await a.composer().inputValue(), 'We meet at eight.');
  await a.composer().fill('');
  // Written out to the end, a command is sent: the list over the field has nothing to add to it.
  provider.answer = () => ['Bob wants to', ' meet.'];
  await a.composer().pressSequentially('/summarise');
  await a.composer().press('Enter');
  await a.page.getByRole('region', { name: 'What is unread' }).getByText('Bob wants to meet.').waitFor();
  assert.equal(await a.composer().inputValue(), '');
  const { entries } = await server.ask('GET', `/conversations/${direct.conversation ?? direct.entry?.conversation}/entries`, { token: bob.token });
  assert.ok(!JSON.stringify(entries).includes('We meet'));
}
