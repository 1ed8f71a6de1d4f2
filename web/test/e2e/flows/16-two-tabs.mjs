import assert from 'node:assert/strict';

export const sentence = 'two tabs of one browser agree; either sends, each shows every message once';

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, 'Hello, both of you.');
  const a = await open();
  await a.logIn('ada');
  await a.openChat('Bob');
  const address = a.page.url();
  const second = await a.second();
  await second.page.goto(address);
  await second.composer().waitFor();
  await a.say('from the first tab');
  await second.message('from the first tab').waitFor();
  await second.say('from the second tab');
  await a.message('from the second tab').waitFor();
  await second.message('from the second tab').getByRole('img', { name: 'Sent' }).waitFor();
  await server.say(bob, ada, 'both heard it');
  for (const tab of [a, second]) {
    await tab.message('both heard it').waitFor();
    for (const text of ['from the first tab', 'from the second tab', 'both heard it']) {
      assert.equal(await tab.message(text).count(), 1, text);
    }
  }
  // The tab that had the connection goes; the other one takes over.
  await a.page.close();
  await second.say('alone now');
  await second.message('alone now').getByRole('img', { name: 'Sent' }).waitFor({ timeout: 30_000 });
  await server.say(bob, ada, 'still there');
  await second.message('still there').waitFor();
}
