import { PASSWORD } from '../server.mjs';

export const sentence = 'with the one-time link the first administrator is made, invites somebody, and writes the first message';
export const untouched = true;

export async function run({ server, open }) {
  const link = new URL(server.setUpLink());
  const chief = await open();
  await chief.page.goto(chief.base);
  await chief.page.getByText('This server is not set up yet').waitFor();
  await chief.page.goto('about:blank');
  await chief.page.goto(`${chief.base}${link.pathname}${link.hash}`);
  await chief.page.getByLabel('User name').fill('chief');
  await chief.page.getByLabel('Display name').fill('The Chief');
  await chief.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await chief.page.getByRole('button', { name: 'Make the administrator' }).click();
  await chief.page.getByRole('heading', { name: 'Your server is ready' }).waitFor();
  await chief.page.getByRole('button', { name: 'Make an invitation' }).click();
  const invite = new URL(await chief.page.getByRole('textbox', { name: 'Invite somebody' }).inputValue());
  await chief.page.getByRole('button', { name: 'Write to myself' }).click();
  await chief.message('Hello, Tidings!').getByRole('img', { name: /Sent|Read/ }).waitFor();

  const guest = await open();
  await guest.page.goto(`${guest.base}${invite.pathname}${invite.search}${invite.hash}`);
  await guest.page.getByLabel('User name').fill('guest');
  await guest.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await guest.page.getByRole('button', { name: 'Create account' }).click();
  await guest.page.getByRole('navigation').first().waitFor();

  // The link was for one time.
  const late = await open({ expected: [/status of 4\d\d/] });
  await late.page.goto(`${late.base}${link.pathname}${link.hash}`);
  await late.page.getByLabel('User name').fill('late');
  await late.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await late.page.getByRole('button', { name: 'Make the administrator' }).click();
  await late.page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
}
