import assert from 'node:assert/strict';

export const sentence = 'Enter that chooses a Chinese word sends nothing';

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, '你好');
  const a = await open();
  await a.logIn('ada');
  await a.openChat('Bob');
  await a.composer().focus();
  const devtools = await a.context.newCDPSession(a.page);
  await devtools.send('Input.imeSetComposition', { text: 'nihao', selectionStart: 5, selectionEnd: 5 });
  // What browsers send for the Enter that ends a composition: the key code of an input method.
  await a.composer().evaluate((field) => {
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, isComposing: true, bubbles: true, cancelable: true }));
  });
  await devtools.send('Input.insertText', { text: '你好，明天见' });
  assert.equal(await a.composer().inputValue(), '你好，明天见');
  assert.equal(await a.message('nihao').count(), 0);
  await a.composer().press('Enter');
  await a.message('你好，明天见').getByRole('img', { name: 'Sent' }).waitFor();
  assert.equal(await a.composer().inputValue(), '');
}
