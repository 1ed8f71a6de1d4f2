import assert from 'node:assert/strict';

export const sentence = 'the console draws how the server was: six charts with words for those who do not see them, shorter times, what a pointer stands on, and a way on when they do not come';

const CHARTS = ['Throughput', 'Connections', 'Commit, p99', 'Waiting', 'Unsent', 'Storage'];

export async function run({ server, open, chief }) {
  const c = await open({ expected: [/status of 503/] });
  const { page } = c;
  await c.logIn(chief.user);

  // They do not come: the figures of now are there all the same, and asking again brings them.
  const history = '**/api/v1/admin/status/history*';
  let busy = true;
  await page.route(history, (route) => (!busy ? route.continue() : route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ code: 'unavailable', detail: 'Busy; try again.' }) })));
  await page.goto(`${server.url}/console/status`);
  await page.getByText('The charts did not come.').waitFor();
  await page.getByText('Median').waitFor();
  assert.equal(await page.locator('dl svg').count(), 0);
  // Only who asks again gets them: nothing comes by itself between. Who pauses without any asks once more first.
  const paused = page.waitForResponse(history);
  await page.getByRole('radio', { name: 'Paused' }).click();
  await paused;
  await page.getByText('The charts did not come.').waitFor();
  busy = false;
  await page.getByRole('button', { name: 'Try again' }).click();

  // The server takes its first sample as it starts.
  const chart = (title) => page.getByRole('img', { name: new RegExp(`^${title}: now .*, lowest .*, highest `) });
  for (const title of CHARTS) await chart(title).waitFor();
  await page.getByText('The charts did not come.').waitFor({ state: 'detached' });
  await page.getByRole('radio', { name: '15 minutes' }).click();
  for (const title of CHARTS) await chart(title).waitFor();

  // A pointer says when it was what.
  const storage = page.locator('dl > div').filter({ has: chart('Storage') });
  await chart('Storage').hover();
  await storage.getByText(/ · [\d.]+ [kM]B$/).waitFor();
  await page.mouse.move(0, 0);
  await storage.getByText(/ to /).waitFor();

  // What comes later is drawn too, while the page is live.
  await page.getByRole('radio', { name: 'Live' }).click();
  const line = () => chart('Connections').locator('path').nth(2).getAttribute('d');
  const before = await line();
  await page.waitForFunction((before) => document.querySelectorAll('dl svg')[1]?.querySelectorAll('path')[2]?.getAttribute('d') !== before, before, { timeout: 60_000 });
}
