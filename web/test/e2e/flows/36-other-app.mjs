import assert from 'node:assert/strict';
import { PASSWORD } from '../server.mjs';

export const sentence = 'a user of another app logs in by the page, where the address names the app; the device remembers it, and keeps them apart from a user of the same id';

export async function run({ server, open, chief }) {
  await server.ask('POST', '/admin/apps', { token: chief.token, body: { name: 'shop' } });
  const other = 'an evening in another app';
  await server.ask('POST', '/admin/users', { token: chief.token, body: { app: 'shop', user: 'ada', name: 'Ada of the Shop', password: other } });
  await server.person('ada', 'Ada at Home');
  const c = await open({ expected: [/status of 401/] });
  const { page } = c;
  const field = (name) => page.getByLabel(name, { exact: name === 'Password' });
  const logIn = async (password) => {
    await field('User name').fill('ada');
    await field('Password').fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
  };

  // Who is sent nowhere is asked for no app.
  await page.goto(`${server.url}/`);
  await field('User name').waitFor();
  assert.equal(await field('App').count(), 0);
  await logIn(PASSWORD);
  await page.getByRole('navigation').first().waitFor();
  await page.goto(`${server.url}/settings`);
  await page.getByText('Ada at Home').first().waitFor();
  await c.kept();
  const kept = () => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name).filter((name) => name.includes('ada')));
  const [home] = await kept();
  await c.logOut();

  await page.goto(`${server.url}/?app=shop`);
  await logIn(PASSWORD);
  await page.getByText('Wrong app, user name or password.').waitFor();
  assert.equal(await field('App').inputValue(), 'shop');
  assert.equal(await page.getByRole('link', { name: 'Create an account' }).count(), 0);
  await logIn(other);
  await page.getByRole('navigation').first().waitFor();
  await page.goto(`${server.url}/settings`);
  await page.getByText('Ada of the Shop').first().waitFor();
  await page.reload();
  await page.getByText('Ada of the Shop').first().waitFor();
  await c.kept();
  assert.equal((await kept()).includes(home), false, 'what is kept for one is never there for the other');
  assert.equal((await kept()).length, 1);
  await c.logOut();

  // Remembered here, until somebody logs in without it.
  await page.goto(`${server.url}/login`);
  await field('App').waitFor();
  assert.equal(await field('App').inputValue(), 'shop');
  await field('App').fill('');
  await logIn(PASSWORD);
  await page.getByRole('navigation').first().waitFor();
  await page.goto(`${server.url}/settings`);
  await page.getByText('Ada at Home').first().waitFor();
  await c.logOut();
  await page.goto(`${server.url}/login`);
  await field('User name').waitFor();
  assert.equal(await field('App').count(), 0);

  // A link that sets a password leads to the app it is for.
  const { url } = await server.ask('POST', '/admin/users/ada/password-link?app=shop', { token: chief.token, body: {} });
  await page.goto(`${server.url}/password#${url.split('#')[1]}`);
  const next = 'one more evening there';
  await page.getByLabel('New password', { exact: true }).fill(next);
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.getByText('Your password is set.').waitFor();
  assert.equal(await field('App').inputValue(), '2');
  assert.equal(await field('User name').inputValue(), 'ada');
  await field('Password').fill(next);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('navigation').first().waitFor();
  await page.goto(`${server.url}/settings`);
  await page.getByText('Ada of the Shop').first().waitFor();
}
