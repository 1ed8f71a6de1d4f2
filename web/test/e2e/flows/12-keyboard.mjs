
export const sentence = 'somebody without a mouse goes to chats, writes, edits, and finds the keys';

export async function run({ server, open }) {
  const [ada, bob, cleo] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob'), await server.person('cleo', 'Cleo')];
  await server.befriend(ada, bob);
  await server.befriend(ada, cleo);
  await server.say(bob, ada, 'Bob is here.');
  const a = await open();
  await a.logIn('ada');
  const { keyboard } = a.page;

  await keyboard.press('Control+k');
  await a.page.getByRole('combobox', { name: 'Go to' }).waitFor();
  await keyboard.type('Bo');
  await a.page.getByRole('option', { name: /Bob/ }).first().waitFor();
  await keyboard.press('Enter');
  await a.message('Bob is here.').waitFor();
  await a.focusIn('[data-composer]');
  await keyboard.type('I am heer');
  await keyboard.press('Enter');
  await a.message('I am heer').getByRole('img', { name: /Sent|Delivered/ }).waitFor();

  await keyboard.press('ArrowUp');
  await a.page.getByText('Edit message').waitFor();
  await written(a, 'I am heer');
  await keyboard.press('Backspace');
  await keyboard.press('Backspace');
  await keyboard.type('re');
  await written(a, 'I am here');
  await keyboard.press('Enter');
  await a.message('I am here').getByText('edited').waitFor();
  await written(a, '');
  await keyboard.press('ArrowUp');
  await written(a, 'I am here');
  await keyboard.press('Escape');
  await a.page.getByText('Edit message').waitFor({ state: 'detached' });
  await written(a, '');

  await server.say(cleo, ada, 'Cleo, unread.');
  await a.page.getByRole('link', { name: /Cleo/ }).getByText('1', { exact: true }).waitFor();
  await keyboard.press('Alt+Shift+ArrowDown');
  await a.message('Cleo, unread.').waitFor();
  await keyboard.press('Alt+ArrowDown');
  await a.message('Bob is here.').waitFor();
  await keyboard.press('Control+f');
  await a.page.getByRole('searchbox').first().waitFor();
  await keyboard.press('Escape');
  await a.page.getByRole('searchbox').first().waitFor({ state: 'detached' });

  await a.page.getByRole('log').focus();
  await keyboard.press('?');
  const sheet = a.page.getByRole('dialog', { name: 'Keyboard' });
  await sheet.getByText('Go to a chat or contact').waitFor();
  await keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
}

/** People press the next key when they see what the last one did. */
function written(person, text) {
  return person.page.waitForFunction((text) => {
    const field = document.querySelector('[data-composer]');
    return field?.value === text && field.selectionEnd === text.length && document.activeElement === field;
  }, text);
}
