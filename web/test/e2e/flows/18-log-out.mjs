import assert from 'node:assert/strict';

export const sentence = 'who logs out leaves nothing behind: no database, no cached file, no cookie, no draft';

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, 'Do not tell anybody.');
  const a = await open();
  await a.logIn('ada');
  await a.workerReady();
  await a.openChat('Bob');
  await a.message('Do not tell anybody.').waitFor();
  await a.composer().pressSequentially('I will no');
  await a.kept();
  assert.deepEqual(await databases(a), ['tidings-ada']);
  assert.equal((await a.context.cookies()).length, 1);

  await a.logOut();
  await a.page.waitForFunction(async () => (await indexedDB.databases()).length === 0);
  assert.equal((await a.context.cookies()).length, 0);
  await a.page.goto('about:blank');
  await a.page.goto(`${a.base}/login`);
  const kept = await a.page.evaluate(async () => ({ storage: Object.keys(localStorage), caches: await caches.keys() }));
  assert.deepEqual(kept.storage.filter((key) => key !== 'tidings.device'), []);
  // The client itself may stay: it is the same for everybody.
  assert.deepEqual(kept.caches.filter((name) => !name.startsWith('tidings-app-')), []);
  await a.page.goto(`${a.base}/`);
  await a.page.getByLabel('User name').waitFor();
  assert.equal(await a.page.getByText('Do not tell anybody.').count(), 0);
}

const databases = (person) => person.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
