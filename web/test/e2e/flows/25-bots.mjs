import assert from 'node:assert/strict';

export const sentence = 'a bot offers commands where it is, its buttons call back and show that they wait, and links show their host';

export async function run({ server, open, chief }) {
  const ada = await server.person('ada', 'Ada');
  await server.ask('POST', '/admin/users', { token: chief.token, body: { user: 'dice', name: 'Dice', kind: 'bot' } });
  const { secret } = await server.ask('POST', '/admin/users/dice/tokens', { token: chief.token, body: { name: 'flow' } });
  const dice = { user: 'dice', token: secret };
  await server.ask('PUT', '/me/commands', {
    token: secret,
    body: { commands: [{ name: 'roll', description: 'Roll the dice', hint: '<sides>' }, { name: 're-roll', description: 'Once more' }] },
  });
  const { conversation: { id: group } } = await server.ask('POST', '/conversations', { token: ada.token, body: { group: { title: 'Games', members: ['dice'] } } });

  const a = await open({ expected: [/403|404/] });
  await a.logIn('ada');
  await a.openChat('Games');
  // The commands of the bot, by the keyboard.
  await a.composer().pressSequentially('/r');
  const choices = a.page.getByRole('listbox').getByRole('option');
  await choices.filter({ hasText: 'Roll the dice' }).filter({ hasText: '/roll <sides>' }).waitFor();
  assert.equal(await choices.count(), 2);
  await a.composer().pressSequentially('e-');
  await choices.filter({ hasText: 'Roll the dice' }).waitFor({ state: 'detached' });
  await a.composer().fill('/ro');
  await choices.first().waitFor();
  await a.composer().press('Enter');
  assert.equal(await a.composer().inputValue(), '/roll ');
  await a.composer().pressSequentially('6');
  await a.composer().press('Enter');
  await a.message('/roll 6').waitFor();

  // The bot answers with buttons.
  const buttons = (text, rows) => ({ buttons: { text: { text, markdown: true }, rows } });
  const sent = await server.ask('POST', `/conversations/${group}/entries`, {
    token: secret,
    body: buttons('Roll **six** sides?', [
      [{ label: 'Roll', style: 'primary', does: { press: 'roll:6' } }, { label: 'Never mind', does: { press: 'no' } }],
      [{ label: 'Rules', does: { open: 'https://dice.example/rules?x=1' } }],
    ]),
  });
  const message = a.message('sides?');
  await message.getByText('BOT').waitFor();
  await message.getByText('six').waitFor();
  const link = message.getByRole('link', { name: /Rules/ });
  assert.equal(await link.getAttribute('href'), 'https://dice.example/rules?x=1');
  assert.match(await link.textContent(), /dice\.example/);
  assert.match(await link.getAttribute('rel'), /noopener/);
  // Pressed: it waits, and the bot finds the press in its feed.
  const { feed } = await server.ask('GET', '/me', { token: secret });
  const roll = message.getByRole('button', { name: 'Roll' });
  await roll.click();
  await message.locator('button[aria-busy="true"]').waitFor();
  const presses = async () => {
    const { entries } = await server.ask('GET', `/conversations/${feed}/entries`, { token: secret });
    return entries.filter(({ body }) => body.pressed).map(({ author, body }) => [author, body.pressed.button]);
  };
  for (let turn = 0; turn < 200 && (await presses()).length === 0; turn += 1) await a.page.waitForTimeout(50);
  assert.deepEqual(await presses(), [['ada', 'roll:6']]);
  // Nothing comes for ten seconds: a note, and it can be pressed again.
  await message.getByText('Dice has not answered yet.').waitFor({ timeout: 20_000 });
  assert.equal(await message.locator('button[aria-busy="true"]').count(), 0);
  // The bot changes the message: what was pressed is done.
  await roll.click();
  await server.ask('PUT', `/conversations/${group}/entries/${sent.entry.seq}/buttons`, {
    token: secret, body: { text: 'A four. Again?', rows: [[{ label: 'Again', does: { press: 'again' } }]] },
  });
  const changed = a.message('A four.');
  await changed.waitFor();
  await changed.getByRole('button', { name: 'Again' }).waitFor();
  await changed.locator('button[aria-busy="true"]').waitFor({ state: 'detached' });
  assert.equal(await changed.getByText('has not answered').count(), 0);
  // Or says something.
  await changed.getByRole('button', { name: 'Again' }).click();
  await server.sayIn(dice, group, 'A two.');
  await a.message('A two.').waitFor();
  await changed.locator('button[aria-busy="true"]').waitFor({ state: 'detached' });
  // A press that the server refuses says why: the bot is gone.
  await server.ask('DELETE', `/groups/${group}/members/dice`, { token: ada.token }).catch(() => server.ask('DELETE', `/conversations/${group}/members/dice`, { token: ada.token }));
  await changed.getByRole('button', { name: 'Again' }).click();
  await changed.getByRole('alert').waitFor();

  // In a chat of two the head says that it is a bot, and the list shows the words of the message.
  await server.ask('POST', '/users/ada/entries', { token: secret, body: buttons('Hello from *here*', [[{ label: 'Hi', style: 'danger', does: { press: 'hi' } }]]) });
  await a.page.getByRole('link', { name: 'Dice' }).first().getByText('Hello from here').waitFor();
  await a.openChat('Dice');
  await a.page.getByRole('heading', { name: /Dice/ }).getByText('BOT').waitFor();
  await a.message('Hello from here').getByRole('button', { name: 'Hi' }).waitFor();
}
