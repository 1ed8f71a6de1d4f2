import assert from 'node:assert/strict';

export const sentence = 'a link into a group outlives making an account; contacts, places, emoji by name, the switcher’s first letters, a finger that answers';

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, 'Are you there?');
  const { conversation: { id: group } } = await server.ask('POST', '/conversations', { token: ada.token, body: { group: { title: 'Crew', members: ['bob'] } } });
  const { code } = await server.ask('POST', `/groups/${group}/invites`, { token: ada.token, body: {} });

  // Somebody without an account opens the link.
  const c = await open();
  await c.page.goto(`${server.url}/i/${code}`);
  await c.page.getByRole('link', { name: 'Create an account' }).click();
  await c.page.getByLabel('User name').fill('cleo');
  await c.page.getByLabel('Password', { exact: true }).fill('a quiet afternoon');
  await c.page.getByRole('button', { name: 'Create account' }).click();
  await c.page.getByRole('button', { name: 'Join' }).click();
  await c.composer().waitFor();
  assert.match(c.page.url(), new RegExp(`/c/${group}$`));

  const a = await open({ hasTouch: true });
  await a.logIn('ada');
  await a.openChat('Bob');
  // The very next key belongs to the switcher, whether it is there or not.
  await a.composer().focus();
  await a.page.keyboard.press('Control+k');
  await a.page.keyboard.type('Crew');
  await a.page.getByRole('option', { name: 'Crew Group' }).waitFor();
  assert.equal(await a.page.getByRole('combobox', { name: 'Go to' }).inputValue(), 'Crew');
  await a.page.keyboard.press('Escape');
  assert.equal(await a.composer().inputValue(), '');

  // Emoji by their names: chosen, and typed to the end.
  await a.composer().pressSequentially('fine :tada');
  await a.page.getByRole('option', { name: /:tada:/ }).waitFor();
  await a.page.keyboard.press('Enter');
  await a.composer().pressSequentially('and :smile:');
  await a.page.waitForFunction(() => document.querySelector('[data-composer]').value === 'fine 🎉 and 😄');
  await a.page.keyboard.press('Enter');
  await a.message('fine 🎉 and 😄').waitFor();

  await attach(a, 'Contact');
  await a.page.getByRole('dialog').getByLabel('Bob').check();
  await a.page.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
  await a.page.getByRole('log').getByRole('button', { name: 'Open profile' }).waitFor();
  await attach(a, 'Location');
  const place = a.page.getByRole('dialog');
  await place.getByLabel('What it is called').fill('The harbour');
  await place.getByLabel('Latitude').fill('53,5');
  await place.getByLabel('Longitude').fill('200');
  await place.getByRole('alert').waitFor();
  assert.ok(await place.getByRole('button', { name: 'Send' }).isDisabled());
  await place.getByLabel('Longitude').fill('9.96');
  await place.getByRole('button', { name: 'Send' }).click();
  await a.message('The harbour').getByText('53.50000, 9.96000').waitFor();
  await attach(a, 'Sticker');
  await a.page.getByRole('dialog').getByRole('button', { name: 'party popper' }).click();
  await a.page.getByRole('log').locator('[data-row]').filter({ hasText: /^🎉/ }).waitFor();

  // A finger draws the message to the right.
  await a.message('Are you there?').evaluate((row) => {
    const at = (x) => [new Touch({ identifier: 1, target: row, clientX: x, clientY: 200 })];
    row.dispatchEvent(new TouchEvent('touchstart', { bubbles: true, touches: at(50), changedTouches: at(50) }));
    for (const x of [70, 100, 130]) row.dispatchEvent(new TouchEvent('touchmove', { bubbles: true, touches: at(x), changedTouches: at(x) }));
    row.dispatchEvent(new TouchEvent('touchend', { bubbles: true, touches: [], changedTouches: at(130) }));
  });
  await a.page.getByText('Reply to Bob').waitFor();
  await a.page.getByRole('button', { name: 'Do not reply' }).click();

  // A pinned message says so; what was said before is searched from the person.
  await a.message('Are you there?').click({ button: 'right' });
  await a.page.getByRole('menuitem', { name: 'Pin' }).click();
  await a.message('Are you there?').getByRole('img', { name: 'Pinned' }).waitFor();
  await a.page.goto(`${server.url}/u/bob`);
  await a.page.getByRole('button', { name: 'Search history' }).click();
  await a.page.getByRole('searchbox').waitFor();

  // Whoever was blocked sees it where one writes.
  await server.ask('PUT', '/blocks/ada', { token: bob.token, body: {} });
  await a.page.goto(`${server.url}/`);
  await a.openChat('Bob');
  await a.say('Still there?');
  await a.page.getByText('Bob takes no messages from you.').waitFor();
  await a.page.getByRole('button', { name: 'Discard' }).last().click();
  await a.composer().waitFor();
}

async function attach(person, what) {
  await person.page.getByRole('button', { name: 'Attach' }).click();
  await person.page.getByRole('menuitem', { name: what }).click();
}
