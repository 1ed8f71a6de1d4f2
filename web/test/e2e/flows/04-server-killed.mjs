import assert from 'node:assert/strict';

export const sentence = 'the server is killed while somebody writes, and every message arrives once and in order';

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, 'Are you there?');
  const network = [/WebSocket/, /Failed to load resource/, /ERR_CONNECTION/];
  const a = await open({ expected: network });
  const b = await open({ expected: network });
  await a.logIn('ada');
  await b.logIn('bob');
  await a.openChat('Bob');
  await b.openChat('Ada');
  await a.say('before');
  await b.message('before').waitFor();
  const texts = Array.from({ length: 8 }, (_, nth) => `message number ${nth}.`);
  for (const [nth, text] of texts.entries()) {
    if (nth === 3) await server.kill();
    await a.say(text);
  }
  await a.message(texts[7]).getByRole('img', { name: 'Sending' }).waitFor();
  await server.start();
  for (const text of texts) await b.message(text).waitFor({ timeout: 40_000 });
  await a.message(texts[7]).getByRole('img', { name: /Sent|Delivered|Read/ }).waitFor();
  const seen = (await b.page.getByRole('log').locator('[data-row]').allInnerTexts()).join('\n').match(/message number \d\./g);
  assert.deepEqual(seen, texts);
}
