import assert from 'node:assert/strict';

export const sentence = 'the language changes while the page is open, and it and the theme are there after a reload';

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, 'Good evening.');
  const a = await open();
  await a.logIn('ada');
  await a.page.goto(`${a.base}/settings/appearance`);
  const html = (name) => a.page.evaluate((name) => document.documentElement.getAttribute(name), name);
  assert.match(await html('lang'), /^en/);
  const ground = () => a.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();

  await a.page.getByRole('radio', { name: 'Dark' }).check();
  await a.page.waitForFunction((light) => getComputedStyle(document.body).backgroundColor !== light, light);
  const dark = await ground();
  await a.page.getByRole('radio', { name: '中文' }).check();
  await a.page.getByRole('heading', { name: '设置' }).first().waitFor();
  assert.equal(await html('lang'), 'zh-CN');

  await a.page.reload();
  await a.page.getByRole('heading', { name: '设置' }).first().waitFor();
  assert.equal(await html('lang'), 'zh-CN');
  assert.equal(await ground(), dark);
  await a.page.getByRole('link', { name: '聊天' }).first().click();
  await a.page.getByRole('link', { name: 'Bob' }).first().click();
  await a.page.getByRole('log').getByText('今天').waitFor();
  await a.page.getByRole('textbox', { name: '消息' }).waitFor();
}
