import assert from 'node:assert/strict';

export const sentence = 'three messages are written without a network, outlive a reload, and arrive once each and in order';

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, 'Are you on the train?');
  const a = await open({ expected: [/ERR_INTERNET_DISCONNECTED/, /WebSocket/] });
  await a.logIn('ada');
  await a.workerReady();
  await a.openChat('Bob');
  await a.message('Are you on the train?').waitFor();
  await a.kept();

  await a.context.setOffline(true);
  await a.page.reload();
  await a.message('Are you on the train?').waitFor();
  const texts = ['in the first tunnel', 'in the second tunnel', 'in the third tunnel'];
  for (const text of texts) {
    await a.say(text);
    await a.message(text).getByRole('img', { name: 'Sending' }).waitFor();
  }
  await a.page.getByText('No connection.').waitFor();
  await a.page.reload();
  for (const text of texts) await a.message(text).getByRole('img', { name: 'Sending' }).waitFor();

  const b = await open();
  await b.logIn('bob');
  await b.openChat('Ada');
  await a.context.setOffline(false);
  for (const text of texts) {
    await b.message(text).waitFor({ timeout: 35_000 });
    await a.message(text).getByRole('img', { name: /Sent|Delivered|Read/ }).waitFor();
  }
  for (const person of [a, b]) assert.deepEqual(await person.said(/in the \w+ tunnel/g), texts);
}
