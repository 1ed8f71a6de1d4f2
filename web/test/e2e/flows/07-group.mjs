import assert from 'node:assert/strict';

export const sentence = 'a group is made, somebody is mentioned, silenced and removed, it gets another owner, who dissolves it';

export async function run({ server, open }) {
  const people = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob'), await server.person('cleo', 'Cleo')];
  await server.befriend(people[0], people[1]);
  await server.befriend(people[0], people[2]);
  const [a, b, c] = [await open(), await open(), await open()];
  for (const [nth, person] of [a, b, c].entries()) await person.logIn(people[nth].user);

  await a.page.getByRole('button', { name: 'New chat or group' }).click();
  await a.page.getByRole('menuitem', { name: 'New group' }).click();
  await a.page.getByLabel('Name of the group').fill('Rowing');
  for (const name of ['Bob', 'Cleo']) await a.page.getByRole('checkbox', { name }).check();
  await a.page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await a.composer().waitFor();

  // A name is chosen from the list, and the one who is named sees it.
  await a.composer().pressSequentially('Are you coming, @bo');
  await a.page.getByRole('option', { name: /Bob/ }).waitFor();
  await a.composer().press('Enter');
  assert.equal(await a.composer().inputValue(), 'Are you coming, @bob ');
  await a.composer().press('Enter');
  const row = b.page.getByRole('link', { name: /Rowing/ });
  await row.getByRole('img', { name: 'You are mentioned' }).waitFor();
  assert.equal(await c.page.getByRole('img', { name: 'You are mentioned' }).count(), 0);
  await b.openChat('Rowing');
  await b.message('Are you coming').getByText('@Bob').waitFor();
  await b.page.getByRole('img', { name: 'You are mentioned' }).waitFor({ state: 'detached' });
  await b.say('Yes!');
  await a.message('Yes!').waitFor();

  await a.page.getByRole('button', { name: 'Details' }).click();
  const member = async (name, item) => {
    await a.page.getByRole('button', { name: `Actions for ${name}` }).click();
    await a.page.getByRole('menuitem', { name: item }).click();
  };
  await member('Bob', 'Silence for 10 minutes');
  await b.page.getByText('You were silenced in this group').waitFor();
  await member('Bob', 'End the silence');
  await b.composer().waitFor();
  await member('Bob', 'Remove from the group');
  await a.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await b.page.getByText('You are no longer in this group.').waitFor();

  const address = a.page.url().replace(/\/c\/(\d+).*/, '/g/$1/manage');
  await a.page.goto(address);
  await a.page.getByRole('button', { name: 'Hand over' }).click();
  await a.page.getByRole('dialog').getByRole('radio', { name: 'Cleo' }).check();
  await a.page.getByRole('dialog').getByRole('button', { name: 'Hand over' }).click();
  await a.page.getByRole('dialog').waitFor({ state: 'detached' });

  await c.page.goto(address);
  await c.page.getByRole('button', { name: 'Dissolve' }).click();
  await c.page.getByLabel('Type Rowing to confirm').fill('Rowing');
  await c.page.getByRole('dialog').getByRole('button', { name: 'Dissolve' }).click();
  await a.page.goto(`${a.base}/`);
  await a.page.getByRole('link', { name: /Rowing/ }).first().click();
  await a.page.getByText('This group was dissolved.').first().waitFor();
}
