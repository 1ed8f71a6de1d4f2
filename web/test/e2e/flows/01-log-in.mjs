import { PASSWORD } from '../server.mjs';

export const sentence = 'somebody makes an account, logs out, and logs in again; a wrong password is told';

export async function run({ open }) {
  const ada = await open({ expected: [/status of 401/] });
  const { page } = ada;
  await page.goto(`${ada.base}/register`);
  await page.getByLabel('User name').fill('ada');
  await page.getByLabel('Display name').fill('Ada');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('navigation').first().waitFor();
  await ada.logOut();

  await page.getByLabel('User name').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill('not this one');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('Wrong user name or password.').waitFor();
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('navigation').first().waitFor();
}
