import assert from 'node:assert/strict';

export const sentence = 'what another system posts through a webhook is shown with its parts, and nothing is fetched from elsewhere';

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
}
