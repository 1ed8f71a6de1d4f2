import { landscape } from '../png.mjs';

export const sentence = 'a picture is pasted, a file dropped, the picture opened over the window, and what is too large is told';
/** One megabyte at most. */
export const settings = { TIDINGS_HOME_MEDIA_MIB_MAX: '1' };

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, 'Show me.');
  const [a, b] = [await open({ expected: [/status of 413/] }), await open()];
  await a.logIn('ada');
  await b.logIn('bob');
  await a.openChat('Bob');
  await b.openChat('Ada');

  await a.give('paste', [{ name: 'hills.png', type: 'image/png', base64: landscape(1).toString('base64') }]);
  const photo = (person, name) => person.page.getByRole('log').getByRole('button', { name: `Open photo ${name}` });
  await photo(b, 'hills.png').waitFor();
  await b.page.waitForFunction(() => [...document.querySelectorAll('[role=log] img')].some((image) => image.complete && image.naturalWidth > 0));

  await a.give('drop', [
    { name: 'notes.txt', type: 'text/plain', base64: Buffer.from('What we said.').toString('base64') },
    { name: 'more hills.png', type: 'image/png', base64: landscape(2).toString('base64') },
  ]);
  await b.message('notes.txt').getByText('13 B').waitFor();
  const [file] = await Promise.all([b.page.waitForEvent('download'), b.message('notes.txt').getByRole('link').first().click()]);
  if (file.suggestedFilename() !== 'notes.txt') throw new Error(`the file came as ${file.suggestedFilename()}`);

  await photo(b, 'more hills.png').click();
  const box = b.page.getByRole('dialog', { name: 'more hills.png' });
  await box.waitFor();
  await b.page.keyboard.press('ArrowLeft');
  await b.page.getByRole('dialog', { name: 'hills.png', exact: true }).getByRole('img', { name: 'hills.png' }).waitFor();
  await b.page.keyboard.press('Escape');
  await b.page.getByRole('dialog').waitFor({ state: 'detached' });

  await a.give('drop', [{ name: 'too much.bin', type: 'application/octet-stream', base64: Buffer.alloc(1_500_000, 7).toString('base64') }]);
  await a.message('too much.bin').getByText(/Not delivered: /).waitFor();
  await a.message('too much.bin').getByRole('button', { name: 'Discard' }).click();
  await a.message('too much.bin').waitFor({ state: 'detached' });
}
