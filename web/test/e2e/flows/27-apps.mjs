import assert from 'node:assert/strict';

export const sentence = 'in the console an app is made, gets keys that are rotated and revoked, origins, a before-hook, limits and rules, is suspended and deleted; a bot gets a token';

export async function run({ server, open, chief }) {
  const c = await open({ expected: [/status of 40[04]/] });
  const { page } = c;
  await c.logIn(chief.user);
  await page.goto(`${server.url}/console`);
  await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Apps' }).click();
  await page.getByRole('link', { name: /home/ }).getByText('Own people').waitFor();
  await page.getByText('No other system uses this server yet.').waitFor();
  await page.getByRole('button', { name: 'New app' }).click();
  await page.getByLabel('Name', { exact: true }).fill('shop');
  await page.getByRole('button', { name: 'Make app' }).click();
  await page.getByRole('heading', { name: 'shop' }).waitFor();

  /** What the server says to a key. */
  const opens = async (secret) => (await fetch(`${server.url}/api/v1/apps/shop`, { headers: { authorization: `Bearer ${secret}` } })).status;
  const dialog = page.getByRole('dialog');
  const secret = async () => {
    const told = await dialog.getByRole('textbox', { name: 'Secret' }).textContent();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await dialog.waitFor({ state: 'detached' });
    return told;
  };
  const card = (name) => page.getByRole('region', { name, exact: true });
  /** The keys as they stand there. */
  const keys = card('Keys').getByRole('button', { name: 'Revoke' });
  const count = (wanted) => page.waitForFunction(([name, wanted]) => [...document.querySelectorAll('section')].find((section) => section.querySelector('h2')?.textContent === name)?.querySelectorAll('button').length === wanted, ['Keys', 1 + 2 * wanted]);

  // A key, shown once, and a second one that takes its place.
  await page.getByRole('button', { name: 'New key' }).click();
  await dialog.getByLabel('Name').fill('Till');
  await dialog.getByRole('button', { name: 'Make key' }).click();
  const first = await secret();
  assert.match(first, /^tdk_/);
  await card('Keys').getByText(/Server API .* never used/).waitFor();
  assert.equal(await opens(first), 200);
  await card('Keys').getByRole('button', { name: 'Rotate' }).click();
  await page.getByRole('dialog', { name: 'Rotate Till' }).getByRole('button', { name: 'Make key' }).click();
  const second = await secret();
  await count(2);
  await card('Keys').getByText(/last used/).waitFor();
  assert.equal(await opens(first), 200);
  assert.equal(await opens(second), 200);
  await keys.first().click();
  await page.getByRole('dialog', { name: 'Revoke Till?' }).getByRole('button', { name: 'Revoke' }).click();
  await count(1);
  assert.equal(await opens(first), 401);
  assert.equal(await opens(second), 200);
  // One that signs says its kid.
  await page.getByRole('button', { name: 'New key' }).click();
  await dialog.getByLabel('What it is for').selectOption('hs256');
  await dialog.getByRole('button', { name: 'Make key' }).click();
  await dialog.getByText(/Its kid is \d+\./).waitFor();
  assert.ok((await secret()).length > 20);
  await count(2);
  // And of one the server has half alone; what is none is told so.
  await page.getByRole('button', { name: 'New key' }).click();
  await dialog.getByLabel('What it is for').selectOption('eddsa');
  await dialog.getByLabel('Public half').fill('11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=');
  await dialog.getByRole('button', { name: 'Make key' }).click();
  await dialog.getByText(/Its kid is \d+\./).waitFor();
  await dialog.getByRole('button', { name: 'Done' }).click();

  // One that opens a part of the interface alone.
  await page.getByRole('button', { name: 'New key' }).click();
  await dialog.getByLabel('Name').fill('Parcels');
  for (const scope of ['Users', 'Acting as users', 'Reading', 'Settings']) await dialog.getByRole('switch', { name: scope, exact: true }).click();
  await dialog.getByRole('button', { name: 'Make key' }).click();
  const narrow = await secret();
  await card('Keys').getByText(/opens Speaking as the app · /).waitFor();
  assert.equal(await opens(narrow), 200);
  const refused = await fetch(`${server.url}/api/v1/apps/shop/users`, { headers: { authorization: `Bearer ${narrow}` } });
  assert.equal(refused.status, 403);
  assert.match((await refused.json()).detail, /lacks the scope `users` or `read`/);

  // Who is signed in, and from where pages may come.
  await page.getByRole('switch', { name: 'Make users who are not there yet' }).click();
  await page.getByRole('switch', { name: 'Make users who are not there yet', checked: false }).waitFor();
  await page.getByRole('button', { name: 'Refuse', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Refuse' }).click();
  await page.getByText(/Those issued before .* are refused/).waitFor();
  await page.getByLabel('Origins, one a line').fill('https://shop.example.org/with/a/path');
  await card('Pages of other systems').getByRole('button', { name: 'Save' }).click();
  await card('Pages of other systems').getByRole('alert').waitFor();
  await page.getByLabel('Origins, one a line').fill('https://shop.example.org\nhttps://www.example.org');
  await card('Pages of other systems').getByRole('button', { name: 'Save' }).click();
  await card('Pages of other systems').getByRole('button', { name: 'Save', disabled: true }).waitFor();
  assert.deepEqual((await server.ask('GET', '/admin/apps/shop/origins', { token: chief.token })).origins.length, 2);

  // A system that is asked before something happens.
  await page.getByRole('tab', { name: 'Hooks' }).click();
  await page.getByText('Nobody is asked.').waitFor();
  await page.getByRole('button', { name: 'Set up' }).click();
  await dialog.getByLabel('Address').fill('https://before.invalid/tidings');
  await dialog.getByRole('switch', { name: 'New members of groups' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  assert.match(await secret(), /^whsec_/);
  await page.getByText('https://before.invalid/tidings').waitFor();
  await page.getByText(/Messages and New members of groups .* refuse/).waitFor();
  await page.getByRole('button', { name: 'Test' }).click();
  await page.getByText(/There is no answer that could be understood/).waitFor();
  await page.getByRole('button', { name: 'New secret' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'New secret' }).click();
  assert.match(await secret(), /^whsec_/);
  await page.getByText(/The one before signs too until/).waitFor();
  await card('Before-hook').getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('Nobody is asked.').waitFor();

  // Limits, and the rules of its people.
  await page.getByRole('tab', { name: 'Limits and rules' }).click();
  await page.getByLabel('Most users').fill('5');
  await card('Limits').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('status').getByText('Saved').first().waitFor();
  await page.getByLabel('Messages from strangers').selectOption('anyone');
  const said = async () => {
    const [{ access }, settings] = await Promise.all(['access', 'settings'].map((part) => server.ask('GET', `/admin/apps/shop/${part}`, { token: chief.token })));
    return { users_max: access.users_max, signed_users: access.signed_users, strangers: settings.strangers };
  };
  const began = Date.now();
  let now;
  do now = await said(); while (now.strangers !== 'anyone' && Date.now() - began < 15_000);
  assert.deepEqual(now, { users_max: 5, signed_users: false, strangers: 'anyone' });

  // Suspended, and let in again: the address is one to come back to.
  await page.getByRole('button', { name: 'Suspend' }).click();
  await page.getByRole('dialog', { name: 'Suspend shop?' }).getByRole('button', { name: 'Suspend' }).click();
  await page.getByText('The app is suspended').waitFor();
  assert.notEqual(await opens(second), 200);
  await page.reload();
  await page.getByRole('tab', { name: 'Limits and rules' }).click();
  await page.getByRole('button', { name: 'Let in again' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Let in again' }).click();
  await page.getByText('Suspend the app').waitFor();
  assert.equal(await opens(second), 200);

  // Deleted, once its name is typed.
  await page.getByRole('button', { name: 'Delete' }).click();
  const sure = page.getByRole('dialog', { name: 'Delete shop?' });
  assert.equal(await sure.getByRole('button', { name: 'Delete the app' }).getAttribute('aria-disabled'), 'true');
  await sure.getByLabel('Type shop to confirm').fill('shop');
  await sure.getByRole('button', { name: 'Delete the app' }).click();
  await page.getByRole('link', { name: /home/ }).waitFor();
  assert.equal(await opens(second), 401);
  // What is not there says so, and leads back.
  await page.goto(`${server.url}/console/apps/999`);
  await page.getByRole('alert').waitFor();
  await page.getByRole('link', { name: 'All apps' }).click();
  await page.getByRole('link', { name: /home/ }).waitFor();

  // A bot is an account with tokens in place of a password.
  await page.goto(`${server.url}/console/users`);
  await page.getByRole('button', { name: 'New user' }).click();
  await dialog.getByLabel('User id').fill('dice');
  await dialog.getByRole('switch', { name: /A bot/ }).click();
  await dialog.getByRole('button', { name: 'Create bot' }).click();
  await page.getByRole('dialog', { name: 'dice' }).getByRole('button', { name: 'New token' }).click();
  const told = page.getByRole('dialog', { name: 'New token' });
  const token = await told.getByRole('textbox', { name: 'Secret' }).textContent();
  const me = async () => (await fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status;
  assert.equal(await me(), 200);
  await told.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('dialog', { name: 'dice' }).getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('dialog', { name: /^Revoke/ }).getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('dialog', { name: /^Revoke/ }).waitFor({ state: 'detached' });
  await page.getByRole('dialog', { name: 'dice' }).getByRole('button', { name: 'Revoke' }).waitFor({ state: 'detached' });
  assert.equal(await me(), 401);
}
