export const sentence = 'a message is sent, delivered and read, and its sender sees each';

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, 'Tea?');
  const a = await open();
  await a.logIn('ada');
  await a.openChat('Bob');
  await a.say('Yes, please.');
  const mine = a.message('Yes, please.');
  await mine.getByRole('img', { name: 'Sent' }).waitFor();

  const b = await open();
  await b.logIn('bob');
  await mine.getByRole('img', { name: 'Delivered' }).waitFor();
  await b.openChat('Ada');
  await b.message('Yes, please.').waitFor();
  await mine.getByRole('img', { name: 'Read' }).waitFor();

  await b.composer().pressSequentially('In a minute');
  await a.page.getByText('typing…').first().waitFor();
  await b.composer().press('Enter');
  await a.message('In a minute').waitFor();
}
