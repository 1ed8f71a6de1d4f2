// What people expect of a chat besides words, in the widget on a shop's page; at the other side somebody in the client itself.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { PHONE } from '../people.mjs';
import { landscape } from '../png.mjs';
import { Shop } from '../shop.mjs';
import { customer, until, violations } from './29-widget.mjs';

export const sentence = 'the widget sends and shows pictures and files, answers, edits, recalls and reacts, through a cut network, and the page opens, closes and signs out';
export const minutes = 5;
export const settings = { TIDINGS_LIMITS_RATE_PER_SECOND: '1000', TIDINGS_LIMITS_RATE_BURST: '10000' };

const MIB = 1024 * 1024;
const PIECES = /\/api\/v1\/uploads\/[\w-]+$/;

export async function run({ server, open, chief }) {
  // The app is `home`: its people use the client.
  const shop = await Shop.open(server, chief, 'home');
  try {
    const support = await server.person('support', 'Support');
    await server.person('sales', 'Sales');
    await shop.ask('PUT', '/origins', { origins: [shop.url] });
    const desk = await open({ expected: [/status of 404/] });
    await desk.logIn('support');
    const mia = await customer(shop, open, 'mia', { expected: [/status of 413/, /net::ERR_/, /Failed to load resource/] });
    await mia.show();
    await mia.say('Good morning.');
    await desk.openChat('Mia');
    await mia.row('Good morning.').getByRole('img', { name: 'Read' }).waitFor();
    const both = { server, chief, support, shop, desk, mia };
    await there(both);
    await pictures(both);
    await voice(both);
    await wordsChange(both);
    await reactions(both);
    await cut(both);
    await tooLarge(both);
    await stopped(both);
    await byThePage(both);
    await mia.person.close();
    await byTheTag(both, open);
    await onAPhone(both, open);
  } finally {
    shop.close();
  }
}

/** A button of the menu of a message in the widget. */
async function act(mia, row, button) {
  await row.hover();
  await row.getByRole('button', { name: 'What to do with this message' }).click();
  await mia.frame.getByRole('dialog').getByRole('button', { name: button }).click();
}

const file = (name, mimeType, buffer) => ({ name, mimeType, buffer });
const choose = (mia, ...files) => mia.frame.locator('input[type=file]').setInputFiles(files);
const arrived = (row) => row.getByRole('img', { name: /Sent|Delivered|Read/ }).waitFor({ timeout: 60_000 });

/** By `paste` into the field, or by `drop` over the page of the frame. */
function give(mia, how, { name, mimeType, buffer }) {
  return mia.field.evaluate((field, [how, name, type, base64]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type }));
    const more = { bubbles: true, cancelable: true };
    if (how === 'paste') field.dispatchEvent(new ClipboardEvent('paste', { ...more, clipboardData: data }));
    else for (const kind of ['dragover', 'drop']) field.dispatchEvent(new DragEvent(kind, { ...more, dataTransfer: data }));
  }, [how, name, mimeType, buffer.toString('base64')]);
}

/** The other side is there, and types. */
async function there({ desk, mia }) {
  await mia.frame.locator('header').getByText('Online').first().waitFor();
  // It is told for a moment only: who waits for it does so before.
  await Promise.all([mia.frame.getByText('typing…').waitFor(), desk.composer().pressSequentially('One mo')]);
  await desk.composer().fill('');
}

async function pictures({ desk, mia }) {
  const shown = (name) => desk.page.getByRole('log').getByRole('button', { name: `Open photo ${name}` });
  const drawn = (frame) => frame.waitForFunction(() => [...document.querySelectorAll('[role=log] img')].every((image) => image.complete && image.naturalWidth > 0));
  await choose(mia, file('chosen.png', 'image/png', landscape(1)));
  await shown('chosen.png').waitFor();
  await give(mia, 'paste', file('pasted.png', 'image/png', landscape(2)));
  await shown('pasted.png').waitFor();
  await give(mia, 'drop', file('dropped.txt', 'text/plain', Buffer.from('What we said.')));
  await desk.message('dropped.txt').waitFor();
  await drawn(desk.page);
  await mia.row('dropped.txt').getByText('13 bytes').waitFor();
  const [saved] = await Promise.all([mia.page.waitForEvent('download'), mia.row('dropped.txt').getByRole('button', { name: /Download/ }).click()]);
  assert.equal(saved.suggestedFilename(), 'dropped.txt');
  assert.equal(await readFile(await saved.path(), 'utf8'), 'What we said.');

  // From the other side: the frame has no cookie, and shows it all the same.
  await desk.give('paste', [{ name: 'desk.png', type: 'image/png', base64: landscape(3).toString('base64') }]);
  const photo = mia.frame.getByRole('log').getByRole('button', { name: 'Photo desk.png' });
  await photo.waitFor();
  const frame = mia.page.frames().at(-1);
  await drawn(frame);
  await photo.click();
  const large = mia.frame.getByRole('dialog', { name: 'desk.png' });
  await large.getByRole('img', { name: 'desk.png' }).waitFor();
  await mia.page.keyboard.press('Escape');
  await large.waitFor({ state: 'detached' });
  assert.equal(await mia.page.locator('iframe').isVisible(), true, 'Esc closes what lies over the chat, and not the chat');
  assert.deepEqual(await mia.person.context.cookies(desk.base), [], 'the chat leaves no cookie');
}

/** A voice is fetched when somebody wants to hear it, and heard from the page's own copy. */
async function voice({ shop, mia }) {
  const { media } = await shop.upload('support', 'hello.wav', 'audio/wav', silence());
  await shop.ask('POST', '/as/support/users/mia/entries', { media: { kind: 'voice', media } });
  const button = mia.frame.getByRole('log').getByRole('button', { name: /Voice message/ });
  await button.getByText('0:01').waitFor();
  await button.click();
  await mia.page.frames().at(-1).waitForFunction(() => {
    const player = document.querySelector('[role=log] audio');
    return player?.src.startsWith('blob:') && player.readyState > 0 && player.duration > 0.9;
  });
}

/** A second of a WAV, with nothing in it. */
function silence(rate = 8_000) {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + rate, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(rate, 40);
  return Buffer.concat([head, Buffer.alloc(rate, 128)]);
}

async function wordsChange({ server, chief, desk, mia }) {
  await mia.say('It is the blew cup.');
  await desk.message('It is the blew cup.').waitFor();
  await arrived(mia.row('blew'));
  await act(mia, mia.row('blew'), 'Edit');
  await mia.frame.getByText('Editing').waitFor();
  await mia.frame.locator('textarea:focus').waitFor();
  assert.equal(await mia.field.inputValue(), 'It is the blew cup.');
  await mia.say('It is the blue cup.');
  await desk.message('It is the blue cup.').getByText('edited').waitFor();
  await mia.row('blue cup').getByText('edited').waitFor();
  assert.equal(await mia.field.inputValue(), '');

  // Whoever edits and then answers does not send the old words again.
  await mia.field.fill('By the way');
  await act(mia, mia.row('blue cup'), 'Edit');
  await mia.frame.getByText('Editing').waitFor();
  await act(mia, mia.row('Good morning.'), 'Reply');
  await mia.frame.getByText('Replying to You').waitFor();
  await until(async () => (await mia.field.inputValue()) === 'By the way', 'what was written before is there again');
  await mia.field.fill('');
  await mia.frame.getByRole('button', { name: 'Do not reply' }).click();

  await desk.act('It is the blue cup.', 'Reply');
  await desk.say('I see it.');
  await mia.row('I see it.').getByRole('button', { name: /You.*blue cup/ }).waitFor();
  await act(mia, mia.row('I see it.'), 'Reply');
  await mia.frame.getByText('Replying to Support').waitFor();
  await mia.frame.locator('textarea:focus').waitFor();
  await mia.say('And the plate?');
  await desk.message('And the plate?').getByRole('button', { name: /I see it\./ }).waitFor();

  // An edit that is refused does not lose its words.
  const window = (edit_window_ms) => server.ask('PATCH', '/admin/apps/home/settings', { token: chief.token, body: { edit_window_ms } });
  await arrived(mia.row('And the plate?'));
  await act(mia, mia.row('And the plate?'), 'Edit');
  await mia.frame.getByText('Editing').waitFor();
  await window(1);
  await mia.say('And the plates?');
  await mia.frame.getByRole('alert').getByRole('button', { name: 'Dismiss' }).click();
  await until(async () => (await mia.field.inputValue()) === 'And the plates?', 'the words are there again');
  await window(86_400_000);
  await mia.field.press('Enter');
  await desk.message('And the plates?').waitFor();

  await mia.say('Forget this.');
  await desk.message('Forget this.').waitFor();
  await arrived(mia.row('Forget this.'));
  await mia.row('Forget this.').hover();
  await mia.row('Forget this.').getByRole('button', { name: 'What to do with this message' }).click();
  await mia.frame.getByRole('dialog').getByRole('button', { name: 'Recall' }).click();
  await mia.frame.getByRole('dialog').getByRole('button', { name: 'Recall it for everybody?' }).click();
  await desk.page.getByRole('log').getByText('Mia recalled a message').waitFor();
  await mia.row('You recalled a message').waitFor();
  assert.equal(await mia.row('Forget this.').count(), 0);
}

async function reactions({ desk, mia }) {
  await act(mia, mia.row('I see it.').first(), '👍');
  await desk.message('I see it.').first().getByRole('button', { name: '👍 1 reaction' }).click();
  const chip = mia.row('I see it.').first().getByRole('button', { name: '👍, by 2' });
  await chip.waitFor();
  assert.equal(await chip.getAttribute('aria-pressed'), 'true');
  await chip.click();
  const left = mia.row('I see it.').first().getByRole('button', { name: '👍, by 1' });
  await left.waitFor();
  assert.equal(await left.getAttribute('aria-pressed'), 'false');
  await desk.message('I see it.').first().getByRole('button', { name: '👍 1 reaction' }).waitFor();
}

/** The network goes in the middle of a file: what has arrived is not sent again. */
async function cut({ desk, mia }) {
  const taken = [];
  let whole = true;
  await mia.page.route(PIECES, async (route) => {
    const request = route.request();
    if (request.method() !== 'PATCH') return whole ? route.continue() : route.abort('internetdisconnected');
    if (!whole) return route.abort('internetdisconnected');
    taken.push(Number(request.headers()['upload-offset']));
    const answer = await route.fetch();
    if (taken.length === 1) whole = false;
    await route.fulfill({ response: answer });
  });
  await choose(mia, file('film of the parcel.bin', 'application/octet-stream', Buffer.alloc(3 * MIB, 5)));
  const row = mia.row('film of the parcel.bin');
  await row.getByRole('progressbar').waitFor();
  await until(() => !whole, 'the first piece has arrived');
  await until(async () => Number(await row.getByRole('progressbar').getAttribute('value')) > 0.3, 'the progress tells of it');
  await row.getByRole('img', { name: 'Sending' }).waitFor();
  whole = true;
  await arrived(row);
  await desk.message('film of the parcel.bin').waitFor();
  assert.deepEqual(taken, [0, MIB, 2 * MIB]);
  await mia.page.unroute(PIECES);
}

/** What is too large is told with the limit; when that is another one, a second try works. */
async function tooLarge({ server, chief, desk, mia }) {
  const limit = (media_bytes_max) => server.ask('PATCH', '/admin/apps/home/settings', { token: chief.token, body: { media_bytes_max } });
  await limit(1_000_000);
  await choose(mia, file('big.bin', 'application/octet-stream', Buffer.alloc(1_500_000, 7)));
  await mia.row('big.bin').getByText('Not delivered: The file has 1.5 MB, and at most 1 MB can be sent here.').waitFor();
  await limit(100 * MIB);
  await mia.row('big.bin').getByRole('button', { name: 'Try again' }).click();
  await arrived(mia.row('big.bin'));
  await desk.message('big.bin').waitFor();
}

/** An upload that is stopped is never there. */
async function stopped({ desk, mia }) {
  await mia.page.route(PIECES, () => undefined);
  await choose(mia, file('never.bin', 'application/octet-stream', Buffer.alloc(1000, 1)));
  await mia.row('never.bin').getByRole('button', { name: 'Cancel' }).click();
  await mia.row('never.bin').waitFor({ state: 'detached' });
  await mia.page.unroute(PIECES);
  await mia.say('After all.');
  await desk.message('After all.').waitFor();
  assert.equal(await desk.message('never.bin').count(), 0);
}

/** What the page can do by itself. */
async function byThePage({ server, support, shop, mia }) {
  const shownNow = (shown) => mia.page.locator('iframe').waitFor({ state: shown ? 'visible' : 'hidden' });
  await mia.page.evaluate(() => { window.counts = []; Tidings.onUnread((count) => window.counts.push(count)); Tidings.close(); });
  await shownNow(false);
  await server.say(support, { user: 'mia' }, 'Are you there?');
  await mia.page.waitForFunction(() => window.counts.at(-1) === 1);
  await mia.page.getByRole('button', { name: 'Chat (1)' }).waitFor();
  await mia.page.getByRole('button', { name: 'Ask about it' }).click();
  await shownNow(true);
  await mia.page.waitForFunction(() => window.counts.at(-1) === 0);
  await mia.page.evaluate(() => Tidings.open({ user: 'sales' }));
  await mia.frame.getByRole('heading', { name: 'Sales' }).waitFor();
  await mia.say('Do you have more of them?');
  await arrived(mia.row('more of them'));
  const { conversations } = await shop.ask('GET', '/as/sales/conversations');
  await mia.page.evaluate((id) => Tidings.open({ conversation: id }), conversations.find(({ peer }) => peer === 'mia').id);
  await mia.row('more of them').waitFor();
  await mia.page.evaluate(() => Tidings.signOut());
  await mia.page.locator('iframe').waitFor({ state: 'detached' });
  await until(async () => (await shop.ask('GET', '/users/mia/sessions')).sessions.length === 0, 'no session is left');
}

/** A page without a script of its own: the tag says where tokens come from. */
async function byTheTag({ shop }, open) {
  // A picture that was on its way when its session ended is refused. Opened before it is started, what is asked for comes before what the tag says.
  const early = await customer(shop, open, 'mia', { query: '?tag', expected: [/status of 401/] });
  await early.frame.locator('main').waitFor({ state: 'attached' });
  const { conversations } = await shop.ask('GET', '/as/sales/conversations');
  await early.page.evaluate(async (id) => {
    await Tidings.signOut();
    Tidings.open({ conversation: id });
  }, conversations.find(({ peer }) => peer === 'mia').id);
  await early.frame.getByRole('heading', { name: 'Sales' }).waitFor();
  await early.row('more of them').waitFor();
  // Not waited for: one after the other all the same, and at the end there is one.
  await early.page.evaluate(() => {
    void Tidings.signOut();
    Tidings.open({ user: 'support' });
  });
  await early.frame.getByRole('heading', { name: 'Support' }).waitFor();
  await until(async () => (await early.page.locator('iframe').count()) === 1, 'one chat is there');
  await early.page.evaluate(() => Tidings.signOut());
  await early.person.close();
  const mia = await customer(shop, open, 'mia', { query: '?tag' });
  assert.equal(await mia.page.locator('script').count(), 1);
  await mia.show();
  await mia.frame.getByRole('heading', { name: 'Support' }).waitFor();
  await mia.row('I see it.').first().waitFor();
  await mia.person.close();
}

/** A phone, in the dark; with each of the new things open axe finds nothing. */
async function onAPhone({ server, support, shop }, open) {
  const axe = await readFile(new URL('../../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  const mia = await customer(shop, open, 'mia', { viewport: PHONE, hasTouch: true, isMobile: true, query: '?theme=dark', expected: [/status of 413/] });
  await mia.show();
  await mia.row('I see it.').first().waitFor();
  const clean = async (where) => {
    const found = await violations(mia.person.context, mia.page.frames().at(-1), axe);
    assert.deepEqual(found, [], where);
    const wide = await mia.page.frames().at(-1).evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, `${where}: nothing is wider than the screen`);
  };
  await server.say(support, { user: 'mia' }, `${'long'.repeat(200)} `);
  await server.say(support, { user: 'mia' }, 'A long story. '.repeat(300));
  await mia.frame.getByRole('button', { name: 'Show all of it' }).waitFor();
  await clean('the chat');
  await mia.frame.getByRole('button', { name: 'Show all of it' }).click();
  await choose(mia, file('evening.png', 'image/png', landscape(4)));
  const photo = mia.frame.getByRole('log').getByRole('button', { name: 'Photo evening.png' });
  await photo.waitFor();
  const row = mia.frame.getByRole('log').locator('[data-row]').filter({ has: mia.page.getByRole('button', { name: 'Photo evening.png' }) });
  await arrived(row);
  await row.getByRole('button', { name: 'What to do with this message' }).tap();
  await mia.frame.getByRole('dialog').getByRole('button', { name: '❤️' }).waitFor();
  await clean('the menu');
  await mia.frame.getByRole('dialog').getByRole('button', { name: 'Reply' }).tap();
  await mia.frame.getByText('Replying to You').waitFor();
  await clean('an answer');
  await mia.frame.getByRole('button', { name: 'Do not reply' }).tap();
  await photo.tap();
  await mia.frame.getByRole('dialog', { name: 'evening.png' }).getByRole('img', { name: 'evening.png' }).waitFor();
  await clean('the picture');
  await mia.frame.getByRole('dialog', { name: 'evening.png' }).getByRole('button', { name: 'Close' }).tap();
  await mia.person.close();
}
