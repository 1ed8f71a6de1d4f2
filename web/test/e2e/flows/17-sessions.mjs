export const sentence = 'a device that is signed out elsewhere says so, and a new password signs out all others';

const NEXT = 'another quiet afternoon';

export async function run({ server, open }) {
  await server.person('ada', 'Ada');
  // A page that was signed out may still ask for something.
  const expected = [/status of 401/, /WebSocket/];
  const [a, other] = [await open({ expected }), await open({ expected })];
  for (const device of [a, other]) await device.logIn('ada');

  await a.page.goto(`${a.base}/settings/devices`);
  await a.page.getByRole('button', { name: 'Sign out all others' }).click();
  await a.page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await other.page.getByRole('heading', { name: 'You were signed out' }).waitFor();
  await other.page.getByText(/This device was signed out on Chrome/).waitFor();
  await a.page.getByText('No other device is signed in.').waitFor();
  await other.page.getByRole('button', { name: 'Log in again' }).click();
  await other.page.getByLabel('User name').waitFor();
  await other.logIn('ada');

  await a.page.goto(`${a.base}/settings/security`);
  await a.page.getByLabel('Current password').fill('a quiet afternoon');
  await a.page.getByLabel('New password', { exact: true }).fill(NEXT);
  await a.page.getByRole('button', { name: 'Change password' }).click();
  await a.page.getByText('Password changed').first().waitFor();
  await other.page.getByText('The password was changed, so all other devices were signed out.').waitFor();
  await other.page.getByRole('button', { name: 'Log in again' }).click();
  await other.page.getByLabel('User name').waitFor();
  await other.logIn('ada', NEXT);
}
