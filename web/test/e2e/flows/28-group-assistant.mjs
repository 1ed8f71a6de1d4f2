import assert from 'node:assert/strict';
import { Provider } from '../provider.mjs';

export const sentence = 'an assistant answers in a group who mentions it or replies to it, on every device, and never itself; of several one is chosen';

export async function run({ server, open, chief }) {
  const provider = new Provider();
  await provider.start();
  try {
    for (const [user, name] of [['parrot', 'Parrot'], ['owl', 'Owl']]) {
      const settings = { base_url: provider.url, model: `${user}-1` };
      await server.ask('PUT', `/admin/assistants/${user}`, { token: chief.token, body: { name, settings } });
    }
    await walk(provider, { server, open });
  } finally {
    provider.stop();
  }
}

async function walk(provider, { server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, 'Lunch at noon?');
  const [a, desk, b] = [await open(), await open(), await open()];
  for (const [person, user] of [[a, 'ada'], [desk, 'ada'], [b, 'bob']]) await person.logIn(user);

  // Assistants are added like people.
  await a.page.getByRole('button', { name: 'New chat or group' }).click();
  await a.page.getByRole('menuitem', { name: 'New group' }).click();
  await a.page.getByLabel('Name of the group').fill('Rowing');
  for (const name of ['Bob', 'Parrot', 'Owl']) await a.page.getByRole('checkbox', { name }).check();
  await a.page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await a.composer().waitFor();
  for (const other of [desk, b]) await other.openChat('Rowing');

  // What is no question stays one between people.
  await b.say('When do we row?');
  await a.message('When do we row?').waitFor();
  // A mention starts an answer, which everybody sees grow and then has as an entry. It names assistants, which starts nothing.
  provider.answer = () => [...Array.from({ length: 30 }, (_, nth) => `stroke${nth} `), 'and ask @owl, or @parrot.'];
  provider.pauseMs = 100;
  await a.composer().pressSequentially('What says @par');
  await a.page.getByRole('option', { name: /Parrot/ }).waitFor();
  await a.composer().press('Enter');
  await a.composer().pressSequentially('of it?');
  await a.composer().press('Enter');
  for (const other of [a, desk, b]) await other.page.locator('[role=log] [aria-busy=true]').getByText('stroke1').waitFor();
  for (const other of [a, desk, b]) await other.message('or @parrot.').getByText('parrot-1').waitFor();
  assert.equal(provider.requests.length, 1);
  assert.equal(provider.requests[0].model, 'parrot-1');
  assert.ok(JSON.stringify(provider.requests[0].messages).includes('When do we row?'));

  // A reply goes on, whoever writes it.
  provider.answer = () => ['At dawn', ', then.'];
  await b.act('or @parrot.', 'Reply');
  await b.say('And the other way round?');
  for (const other of [a, desk, b]) await other.message('At dawn, then.').waitFor();
  // One question at a time: had an answer been one, it had been asked before this.
  assert.equal(provider.requests.length, 2);
  assert.equal(provider.requests[1].model, 'parrot-1');
  assert.ok(JSON.stringify(provider.requests[1].messages).includes('And the other way round?'));

  // Which of them does what a command asks for: the first, until another is chosen.
  provider.answer = ({ model }) => [`${model} has it.`];
  await a.openChat('Bob');
  await a.say('/summarise');
  const aside = a.page.getByRole('region', { name: 'What is unread' });
  const [first, second] = (await server.ask('GET', '/assistants', { token: ada.token })).assistants;
  await aside.getByText(`${first.model} has it.`).waitFor();
  await aside.getByRole('button', { name: first.model }).click();
  await a.page.getByRole('menuitemcheckbox', { name: second.name }).click();
  await aside.getByText(`${second.model} has it.`).waitFor();
  await aside.getByRole('button', { name: 'Close' }).click();
  await a.page.reload();
  await a.composer().waitFor();
  await a.say('/summarise');
  await aside.getByText(`${second.model} has it.`).waitFor();

  // And which of them a new chat is with: from the list, and from the head of another chat.
  await a.page.getByRole('link', { name: 'Assistant' }).first().click();
  await a.page.getByRole('navigation', { name: 'Assistant' }).waitFor();
  await a.page.locator('header').getByRole('button', { name: 'New chat' }).click();
  await a.page.getByRole('menuitemcheckbox', { name: second.name, checked: true }).waitFor();
  await a.page.getByRole('menuitemcheckbox', { name: first.name }).click();
  await a.page.getByText(`${first.model} · answers can be wrong`).waitFor();
  await a.page.locator('header').getByRole('button', { name: first.model }).click();
  await a.page.getByRole('menuitemcheckbox', { name: second.name }).click();
  await a.page.getByText(`${second.model} · answers can be wrong`).waitFor();
  await a.say('Who are you?');
  await a.message(`${second.model} has it.`).waitFor();
}
