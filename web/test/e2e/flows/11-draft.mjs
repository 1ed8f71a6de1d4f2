export const sentence = 'what was typed and not sent is there after a reload, and shown in the list';

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, 'Which day?');
  const a = await open();
  await a.logIn('ada');
  await a.openChat('Bob');
  await a.composer().pressSequentially('Thursday, I thi');
  await a.page.reload();
  await a.composer().waitFor();
  await a.page.waitForFunction(() => document.querySelector('[data-composer]')?.value === 'Thursday, I thi');
  await a.page.goto(`${a.base}/`);
  await a.page.getByText('[Draft]').waitFor();
  await a.openChat('Bob');
  await a.say('Thursday, I think.');
  await a.message('Thursday, I think.').getByRole('img', { name: 'Sent' }).waitFor();
  await a.page.getByText('[Draft]').waitFor({ state: 'detached' });
}
