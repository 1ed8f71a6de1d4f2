import assert from 'node:assert/strict';

export const sentence = 'on plain http beyond this machine, without worker and locks, people chat and unsent messages outlive a reload';
const HOST = 'chat.test';
export const browserArguments = [`--host-resolver-rules=MAP ${HOST} 127.0.0.1`];

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, 'No padlock here.');
  const options = { base: `http://${HOST}:${server.port}`, expected: [/ERR_CONNECTION_REFUSED/, /WebSocket/, /Cross-Origin-Opener-Policy/] };
  const [a, b] = [await open(options), await open(options)];
  await a.logIn('ada');
  await b.logIn('bob');
  assert.deepEqual(await a.page.evaluate(() => [isSecureContext, 'serviceWorker' in navigator, 'locks' in navigator]), [false, false, false]);
  await a.openChat('Bob');
  await b.openChat('Ada');
  await a.say('One can talk anyway.');
  await b.message('One can talk anyway.').waitFor();
  await a.message('One can talk anyway.').getByRole('img', { name: 'Read' }).waitFor();

  await a.kept();
  await server.kill();
  await a.say('Written while the server was away.');
  await a.message('Written while the server was away.').getByRole('img', { name: 'Sending' }).waitFor();
  await server.start();
  await a.page.reload();
  await b.message('Written while the server was away.').waitFor({ timeout: 40_000 });
  await a.message('Written while the server was away.').first().waitFor();
  for (const person of [a, b]) assert.equal(await person.message('Written while the server was away.').count(), 1);

  // A second tab, without locks: both show what the other wrote.
  const second = await a.second();
  await second.page.goto(a.page.url());
  await second.composer().waitFor();
  await second.say('from the second tab');
  await a.message('from the second tab').waitFor();
  assert.equal(await a.message('from the second tab').count(), 1);
}
