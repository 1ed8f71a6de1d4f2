import assert from 'node:assert/strict';
import { createServer } from 'node:http';

export const sentence = 'in the console an app gets a webhook, whose posts are seen; what was given up is posted once more';
/** One more try, soon: so that what fails is given up while somebody looks. */
export const settings = { TIDINGS_OUTBOUND_ALLOW: '127.0.0.1', TIDINGS_WEBHOOKS_RETRIES: '50ms' };

export async function run({ server, open, chief }) {
  const posts = [];
  let status = 200;
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => { body += piece; });
    request.on('end', () => {
      posts.push({ headers: request.headers, event: JSON.parse(body) });
      response.writeHead(status).end();
    });
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  try {
    await walk({ server, open, chief, posts, url: `http://127.0.0.1:${receiver.address().port}/events`, answer: (next) => { status = next; } });
  } finally {
    receiver.closeAllConnections();
    receiver.close();
  }
}

async function walk({ server, open, chief, posts, url, answer }) {
  const { app } = await server.ask('POST', '/admin/apps', { token: chief.token, body: { name: 'shop' } });
  const { secret: key } = await server.ask('POST', `/admin/apps/${app}/keys`, { token: chief.token, body: { kind: 'api' } });
  await server.ask('POST', '/apps/shop/users', { token: key, body: { user: 'customer-17' } });
  const say = (text) => server.ask('POST', '/apps/shop/entries', { token: key, body: { to: { user: 'customer-17' }, content: { text: { text } } } });

  const c = await open({ expected: [/status of 40[04]/] });
  const { page } = c;
  await c.logIn(chief.user);
  await page.goto(`${server.url}/console/apps/${app}`);
  await page.getByRole('tab', { name: 'Hooks' }).click();
  await page.getByText('Nobody is told.').waitFor();
  await page.getByRole('button', { name: 'New webhook' }).click();
  const dialog = page.getByRole('dialog');
  // An address that is none is refused with words.
  await dialog.getByLabel('Address').fill('ftp://shop.example.org');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Address').fill(url);
  await dialog.getByLabel('Name').fill('Orders');
  await dialog.getByLabel('Kinds of events').fill('entry.text');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const told = page.getByRole('dialog', { name: 'Webhook' });
  assert.match(await told.getByRole('textbox', { name: 'Secret' }).textContent(), /^whsec_/);
  await told.getByRole('button', { name: 'Done' }).click();

  // A test, whose post is seen.
  const row = page.getByRole('button', { name: /Orders/ });
  const hook = page.getByRole('dialog', { name: 'Orders' });
  await row.click();
  await hook.getByText('Nothing was posted since the server was started.').waitFor();
  await hook.getByRole('button', { name: 'Post a test' }).click();
  await hook.getByText('test', { exact: true }).waitFor();
  await hook.getByText('200', { exact: true }).waitFor();
  assert.ok(posts[0].headers['webhook-signature'].startsWith('v1,'));
  await hook.getByRole('tab', { name: 'Given up' }).click();
  await hook.getByText('Nothing was given up.').waitFor();
  await hook.getByRole('button', { name: 'Close' }).click();

  // What is not taken is given up in the end, and is posted once more when the other side is well again.
  answer(500);
  await say('It left the house at noon.');
  const began = Date.now();
  const dead = async () => (await server.ask('GET', `/admin/apps/${app}/webhooks`, { token: chief.token })).webhooks[0].dead;
  while ((await dead()) === 0) {
    assert.ok(Date.now() - began < 60_000, 'it is given up');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await page.reload();
  await page.getByRole('tab', { name: 'Hooks' }).click();
  await row.getByText('1 given up').waitFor();
  await row.click();
  await hook.getByText('entry.text').first().waitFor();
  await hook.getByText('500', { exact: true }).first().waitFor();
  await hook.getByRole('tab', { name: 'Given up' }).click();
  answer(200);
  const before = posts.length;
  await hook.getByRole('button', { name: 'Post again' }).click();
  await page.getByText('1 event is posted once more').first().waitFor();
  await hook.getByText('Nothing was given up.').waitFor();
  // Nothing at all was taken for as long as an event is tried, which is short here: the server may have turned it off.
  await hook.getByRole('tab', { name: 'Settings' }).click();
  await hook.getByRole('button', { name: 'Edit' }).click();
  const editor = page.getByRole('dialog').filter({ has: page.getByLabel('Kinds of events') }).last();
  const posted = editor.getByRole('switch', { name: 'Events are posted' });
  if (!(await posted.isChecked())) await posted.click();
  await editor.getByRole('button', { name: 'Save' }).click();
  while (posts.length === before) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(posts.at(-1).event.entry.body.text.text, 'It left the house at noon.');

  // Off and on, another secret, and gone.
  await hook.getByText('Stopped: fails').waitFor({ state: 'detached' });
  await hook.getByRole('button', { name: 'Edit' }).click();
  await posted.click();
  await editor.getByRole('button', { name: 'Save' }).click();
  await hook.getByText('Off', { exact: true }).waitFor();
  await hook.getByRole('button', { name: 'New secret' }).click();
  await page.getByRole('dialog', { name: 'New secret' }).getByRole('button', { name: 'New secret' }).click();
  assert.match(await told.getByRole('textbox', { name: 'Secret' }).textContent(), /^whsec_/);
  await told.getByRole('button', { name: 'Done' }).click();
  await hook.getByText(/The one before signs too until/).waitFor();
  await hook.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog', { name: 'Delete Orders?' }).getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Nobody is told.').waitFor();
}
