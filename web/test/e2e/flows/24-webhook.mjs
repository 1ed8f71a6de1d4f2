import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { landscape } from '../png.mjs';

export const sentence = 'what another system posts through a webhook is shown with its parts; pictures elsewhere wait until somebody wants them';
/** Where the pictures of this flow lie is this machine. */
export const settings = { TIDINGS_OUTBOUND_ALLOW: '127.0.0.1' };

export async function run({ server, open }) {
  const ada = await server.person('ada', 'Ada');
  const { conversation: { id: group } } = await server.ask('POST', '/conversations', { token: ada.token, body: { group: { title: 'Crew', members: [] } } });
  const { url } = await server.ask('POST', `/conversations/${group}/hooks`, { token: ada.token, body: { name: 'Deployments' } });

  const a = await open();
  const elsewhere = [];
  a.page.on('request', (request) => { if (/example\.org/.test(request.url())) elsewhere.push(request.url()); });
  await a.logIn('ada');
  await a.openChat('Crew');
  // In Slack's words.
  const posted = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      text: 'Deployed to *production*',
      attachments: [{
        color: '#2eb886', title: 'Release 1.2', title_link: 'https://example.org/release', text: 'All is well',
        fields: [{ title: 'Host', value: 'alpha', short: true }], image_url: 'https://example.org/graph.png', footer: 'the pipeline',
      }, { title: 'javascript', title_link: 'javascript:alert(1)' }],
    }),
  });
  assert.ok(posted.ok, await posted.text());

  const message = a.message('Release 1.2');
  await message.waitFor();
  await message.getByText('production').waitFor();
  for (const words of ['All is well', 'Host', 'alpha', 'the pipeline']) await message.getByText(words).waitFor();
  const link = message.getByRole('link', { name: 'Release 1.2' });
  assert.equal(await link.getAttribute('href'), 'https://example.org/release');
  assert.match(await link.getAttribute('rel'), /noopener/);
  const colours = await message.evaluate((row) => [...row.querySelectorAll('div')].map((box) => getComputedStyle(box).borderLeftColor));
  assert.ok(colours.includes('rgb(46, 184, 134)'), colours.join());
  assert.equal(await message.locator('a[href^="javascript"]').count(), 0);
  await a.page.getByText(/Deployed to production/).first().waitFor();
  assert.deepEqual(elsewhere, [], 'pictures elsewhere wait for a tap');
  await blocks(a, url);
  await pictures(a, url);
}

/** A header, a line between and buttons that are links look like these. */
async function blocks(a, url) {
  const posted = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ blocks: [
      { type: 'header', text: { type: 'plain_text', text: 'Leave asked for' } },
      { type: 'section', text: { type: 'mrkdwn', text: '*Bo* wants two days.' } },
      { type: 'divider' },
      { type: 'actions', elements: [
        { type: 'button', text: { type: 'plain_text', text: 'Approve' }, url: 'https://example.org/approve' },
        { type: 'button', text: { type: 'plain_text', text: 'Look closer' }, url: 'https://example.org/look' },
      ] },
    ] }),
  });
  assert.ok(posted.ok, await posted.text());
  const message = a.message('Leave asked for');
  await message.getByText('two days').waitFor();
  const line = await message.locator('hr').evaluate((hr) => [hr.clientWidth, hr.parentElement.clientWidth, hr.offsetHeight]);
  assert.ok(line[0] > 50 && line[0] === line[1] && line[2] === 1, `${line}: a line from side to side`);
  const button = message.getByRole('link', { name: 'Approve' });
  assert.equal(await button.getAttribute('href'), 'https://example.org/approve');
  assert.match(await button.getAttribute('rel'), /noopener/);
  const shots = process.env.WIDGET_SHOTS;
  for (const colorScheme of ['dark', 'light']) {
    await a.page.emulateMedia({ colorScheme });
    const { height, border } = await button.evaluate((link) => ({ height: link.offsetHeight, border: getComputedStyle(link).borderTopStyle }));
    assert.ok(height >= 32 && border === 'solid', 'a link button looks like a button');
    if (shots) await a.page.screenshot({ path: `${shots}/post-${colorScheme}.png`, animations: 'disabled' });
  }
}

/** A server with pictures, which counts who asks. */
async function gallery() {
  const asked = [];
  const pictures = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(200, { 'content-type': 'image/png' }).end(landscape(asked.length));
  });
  await new Promise((resolve) => pictures.listen(0, '127.0.0.1', resolve));
  return {
    asked,
    url: (name) => `http://127.0.0.1:${pictures.address().port}/${name}`,
    stop: () => {
      pictures.closeAllConnections();
      return new Promise((resolve) => pictures.close(resolve));
    },
  };
}

async function pictures(a, url) {
  const { page } = a;
  const there = await gallery();
  // The browser asks its own server alone.
  const foreign = [];
  page.on('request', (request) => { if (/^https?:/.test(request.url()) && new URL(request.url()).origin !== a.base) foreign.push(request.url()); });
  a.expected.push(/status of 502/);
  const post = async (title, ...images) => {
    const body = { attachments: images.map((image) => ({ title, image_url: image })) };
    const posted = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    assert.ok(posted.ok, await posted.text());
    const row = a.message(title);
    await row.waitFor();
    return row;
  };
  const seen = (row) => row.locator('img').evaluateAll((images) => images.filter((image) => image.complete && image.naturalWidth > 0).length);
  const until = async (holds, words) => {
    for (const end = Date.now() + 15_000; !(await holds());) {
      assert.ok(Date.now() < end, words);
      await page.waitForTimeout(50);
    }
  };
  try {
    // Off: a link and a button for each, and nothing is fetched, also not by this server.
    const two = await post('Load of alpha', there.url('one.png'), there.url('two.png'));
    assert.equal(await two.getByRole('button', { name: /^Show picture/ }).count(), 2);
    assert.equal(await two.locator('img').count(), 0);
    assert.deepEqual(there.asked, []);
    // One is wanted: one is fetched, and has the focus.
    await two.getByRole('button', { name: /^Show picture/ }).first().click();
    await until(async () => (await seen(two)) === 1, 'the picture is shown');
    assert.deepEqual(there.asked, ['/one.png']);
    assert.equal(await page.evaluate(() => document.activeElement?.querySelector('img') !== null), true);
    assert.equal(await two.getByRole('button', { name: /^Show picture/ }).count(), 1);
    const [wide, high] = await two.locator('img').evaluate((image) => [image.clientWidth, image.clientHeight]);
    assert.ok(wide === 300 && high === 200, `${wide} × ${high}: its place was kept`);

    // On: they come by themselves.
    await page.goto(`${a.base}/settings/appearance`);
    await page.getByRole('switch', { name: 'Load pictures from other servers' }).click();
    await page.goto(a.base);
    await a.openChat('Crew');
    await until(async () => (await seen(two)) === 2, 'both pictures are shown');
    assert.deepEqual([...new Set(there.asked)].sort(), ['/one.png', '/two.png']);
    const address = there.url('three.png');
    await there.stop();
    // Gone: words, the link, and another try.
    const row = await post('Load of beta', address);
    await row.getByText('The picture could not be loaded.').waitFor();
    assert.equal(await row.getByRole('link', { name: address }).getAttribute('href'), address);
    await row.getByRole('button', { name: /^Try again/ }).click();
    await row.getByText('The picture could not be loaded.').waitFor();
    assert.deepEqual(foreign, [], 'the browser asks nobody else');
  } finally {
    await there.stop().catch(() => {});
  }
}
