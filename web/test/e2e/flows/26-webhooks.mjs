import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export const sentence = 'a webhook is made beside the chat, tried, looked at, given another address and deleted; only those who manage the chat see it';

export async function run({ server, open, chief }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.befriend(ada, chief);
  await server.ask('POST', '/conversations', { token: ada.token, body: { group: { title: 'Crew', members: ['bob', 'chief'] } } });
  await server.say(bob, ada, 'Shall I post the alerts here?');
  const [a, b, c] = [await open({ permissions: ['clipboard-read', 'clipboard-write'] }), await open(), await open()];
  for (const [person, user] of [[a, 'ada'], [b, 'bob'], [c, 'chief']]) await person.logIn(user);
  const heading = (person) => person.page.getByRole('heading', { name: 'Webhooks' });
  const details = async (person, title) => {
    await person.openChat(title);
    const button = person.page.locator('#content header').getByRole('button', { name: 'Details' });
    if ((await button.getAttribute('aria-expanded')) !== 'true') await button.click();
    // What is beside the chat is there: what is not shown by then is not shown.
    await person.page.getByRole('switch').first().waitFor();
  };

  await details(a, 'Crew');
  await heading(a).waitFor();
  await a.page.getByText('Scripts, alerts and other systems can post here').waitFor();
  await a.page.getByRole('button', { name: 'New webhook' }).click();
  await a.page.getByLabel('Name', { exact: true }).fill('Deploys');
  await a.page.getByRole('button', { name: 'Make webhook' }).click();

  // Shown once, with what it can be tried with, which works as it is.
  const told = a.page.getByRole('dialog', { name: 'Address of Deploys' });
  const address = () => told.getByRole('textbox', { name: 'Address' }).textContent();
  const first = await address();
  assert.match(first, /^http:\/\/127\.0\.0\.1:\d+\/hooks\/\S+$/);
  await told.getByRole('button', { name: 'Copy' }).first().click();
  assert.equal(await a.page.evaluate(() => navigator.clipboard.readText()), first);
  const sample = await told.getByRole('textbox', { name: 'Try it' }).textContent();
  await promisify(execFile)('sh', ['-c', sample.replace('curl ', 'curl --silent --fail ')]);
  await told.getByRole('button', { name: 'Done' }).click();
  await told.waitFor({ state: 'detached' });
  await a.message('Hello from a script').getByText('BOT').waitFor();

  // The last calls, those that were refused with the reason.
  await fetch(first, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"text": ' });
  await a.page.getByRole('button', { name: /Deploys/ }).click();
  const hook = a.page.getByRole('dialog', { name: 'Deploys' });
  await hook.getByText('slack').waitFor();
  await hook.getByText('1 post').waitFor();
  await hook.getByRole('alert').waitFor();

  // Another address: for a day both post, which is said, unless the old one is to end at once.
  await hook.getByRole('button', { name: 'New address' }).click();
  await a.page.getByRole('dialog', { name: 'Give Deploys a new address?' }).getByRole('button', { name: 'New address' }).click();
  await told.waitFor();
  const second = await address();
  assert.notEqual(second, first);
  const call = (url, words = 'not posted') => fetch(url, { method: 'POST', body: words }).then(({ ok }) => ok);
  await told.getByText('The one before works too until').waitFor();
  assert.equal(await call(first, 'by the old address'), true);
  assert.equal(await call(second, 'in plain words'), true);
  await told.getByRole('button', { name: 'Done' }).click();
  await a.message('by the old address').waitFor();
  await a.message('in plain words').waitFor();
  await a.page.getByRole('button', { name: /Deploys/ }).click();
  await hook.getByText('The one before works too until').waitFor();
  await hook.getByRole('button', { name: 'New address' }).click();
  const asked = a.page.getByRole('dialog', { name: 'Give Deploys a new address?' });
  await asked.getByRole('switch', { name: 'End the old one at once' }).click();
  await asked.getByRole('button', { name: 'New address' }).click();
  await told.waitFor();
  const third = await address();
  assert.equal(await told.getByText('The one before works too until').count(), 0);
  assert.deepEqual([await call(first), await call(second), await call(third, 'by the third')], [false, false, true]);
  await told.getByRole('button', { name: 'Done' }).click();
  await a.message('by the third').waitFor();

  // Managers see it, and administrators of the server who are in the chat, and nobody else.
  await details(c, 'Crew');
  await c.page.getByRole('button', { name: /Deploys/ }).waitFor();
  await details(b, 'Crew');
  await b.message('in plain words').waitFor();
  assert.equal(await heading(b).count(), 0);
  // In a direct chat both do.
  await details(b, 'Ada');
  await heading(b).waitFor();

  await a.page.getByRole('button', { name: /Deploys/ }).click();
  await hook.getByRole('button', { name: 'Delete' }).click();
  await a.page.getByRole('dialog', { name: 'Delete Deploys?' }).getByRole('button', { name: 'Delete' }).click();
  await a.page.getByText('Scripts, alerts and other systems can post here').waitFor();
  assert.equal(await call(third), false);
}
