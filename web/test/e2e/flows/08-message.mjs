import assert from 'node:assert/strict';

export const sentence = 'a message is answered, reacted to, edited, recalled and written anew, and the other one sees each';

export async function run({ server, open, chief }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, 'Shall we meet at six?');
  const [a, b] = [await open(), await open()];
  await a.logIn('ada');
  await b.logIn('bob');
  await a.openChat('Bob');
  await b.openChat('Ada');

  await a.act('Shall we meet at six?', 'Reply');
  await a.say('At sevn, please.');
  await b.message('At sevn, please.').getByRole('button', { name: /Bob|You/ }).getByText('Shall we meet at six?').waitFor();

  await b.act('At sevn, please.', 'React');
  await b.page.getByRole('button', { name: '👍' }).click();
  await a.message('At sevn').getByRole('button', { name: '👍 1 reaction' }).click();
  await b.message('At sevn').getByRole('button', { name: '👍 2 reactions' }).waitFor();

  await a.act('At sevn, please.', 'Edit');
  assert.equal(await a.composer().inputValue(), 'At sevn, please.');
  await a.say('At seven, please.');
  await b.message('At seven, please.').getByText('edited').waitFor();
  assert.equal(await b.message('At sevn').count(), 0);

  // Whoever edits and then answers does not send the old words again.
  await a.composer().fill('By the way');
  await a.act('At seven, please.', 'Edit');
  await a.page.waitForFunction(() => document.querySelector('[data-composer]')?.value === 'At seven, please.');
  await a.act('Shall we meet at six?', 'Reply');
  await a.page.waitForFunction(() => document.querySelector('[data-composer]')?.value === 'By the way');
  await a.say('By the way, where?');
  await b.message('By the way, where?').getByRole('button', { name: /Bob|You/ }).getByText('Shall we meet at six?').waitFor();

  await a.act('At seven, please.', 'More');
  await a.page.getByRole('menuitem', { name: 'Recall' }).click();
  await a.page.getByRole('dialog').getByRole('button', { name: 'Recall' }).click();
  await b.page.getByRole('log').getByText('Ada recalled a message').waitFor();
  assert.equal(await b.message('At seven').count(), 0);
  await a.page.getByRole('button', { name: 'Re-edit' }).click();
  await a.page.waitForFunction(() => document.querySelector('[data-composer]')?.value === 'At seven, please.');
  await a.say('At eight, sorry.');
  await b.message('At eight, sorry.').waitFor();

  // An edit that is refused does not lose its words.
  await a.act('At eight, sorry.', 'Edit');
  await a.page.waitForFunction(() => document.querySelector('[data-composer]')?.value === 'At eight, sorry.');
  const window = (edit_window_ms) => server.ask('PATCH', '/admin/apps/home/settings', { token: chief.token, body: { edit_window_ms } });
  await window(1);
  await a.say('At nine, sorry.');
  await a.page.waitForFunction(() => document.querySelector('[data-composer]')?.value === 'At nine, sorry.');
  await a.page.getByText('Edit message').waitFor();
  await window(86_400_000);
  await a.composer().press('Enter');
  await b.message('At nine, sorry.').waitFor();
}
