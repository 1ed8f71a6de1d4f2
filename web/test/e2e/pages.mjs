// The pages of the client, by name, for those who look at all of them: pictures (`scripts/shots.mjs`) and accessibility.
import { PASSWORD } from './server.mjs';

const details = (page) => page.locator('section[aria-label] > header [aria-expanded]').click();
const ready = (selector) => (page) => page.locator(selector).first().waitFor();
const composer = ready('[data-composer]');
const webhook = async (page) => {
  await composer(page);
  await details(page);
  await page.getByRole('button', { name: /Grafana/ }).click();
  await page.getByRole('dialog').getByText('slack').waitFor();
};

/** Of somebody who is not logged in. */
export const OUTSIDE = [
  { name: 'log-in', path: () => '/login' },
  { name: 'register', path: () => '/register' },
  { name: 'password', path: () => '/password#nothing' },
];

/** Of the administrator of the world. `after` does what an address cannot. */
export const INSIDE = [
  { name: 'chats', path: () => '/' },
  { name: 'chat', path: ({ chats }) => `/c/${chats.ada}`, after: composer },
  { name: 'chat-chinese', path: ({ chats }) => `/c/${chats.bo}`, after: composer },
  { name: 'group', path: ({ chats }) => `/c/${chats.crew}`, after: async (page) => { await composer(page); await details(page); } },
  { name: 'person-beside', path: ({ chats }) => `/c/${chats.chen}`, after: async (page) => { await composer(page); await details(page); } },
  { name: 'contacts', path: () => '/contacts' },
  { name: 'friend', path: () => '/u/ada' },
  { name: 'new-friends', path: () => '/contacts/new' },
  { name: 'groups', path: () => '/contacts/groups' },
  { name: 'group-manage', path: ({ chats }) => `/g/${chats.crew}/manage` },
  { name: 'settings', path: () => '/settings' },
  ...['profile', 'privacy', 'notifications', 'appearance', 'security', 'devices', 'account', 'about'].map((section) => ({ name: `settings-${section}`, path: () => `/settings/${section}` })),
  { name: 'mcp-token', path: () => '/settings/security', after: async (page) => {
    await page.getByRole('button', { name: /New token|新建令牌/ }).click();
    await page.getByRole('dialog').getByRole('switch').first().waitFor();
  } },
  { name: 'console', path: () => '/console/status' },
  ...['invites', 'users', 'assistants', 'apps', 'rules', 'audit'].map((section) => ({ name: `console-${section}`, path: () => `/console/${section}` })),
  { name: 'console-app', path: ({ app }) => `/console/apps/${app}`, after: ready('dl') },
  { name: 'console-key', path: ({ app }) => `/console/apps/${app}`, after: async (page) => {
    await page.locator('section section').first().getByRole('button').first().click();
    await page.getByRole('dialog').waitFor();
  } },
  { name: 'assistant', path: () => '/assistant' },
  { name: 'assistant-chat', path: ({ chats }) => `/assistant/${chats.question}`, after: composer },
  { name: 'translation', path: ({ chats }) => `/c/${chats.ada}`, after: async (page) => {
    await composer(page);
    await page.getByRole('log').locator('[data-row]').last().click({ button: 'right' });
    await page.getByRole('menuitem', { name: /Translate|翻译/ }).click();
    await page.getByText('房间换了').waitFor();
  } },
  { name: 'webhook', path: ({ chats }) => `/c/${chats.crew}`, after: webhook },
  { name: 'webhook-address', path: ({ chats }) => `/c/${chats.crew}`, after: async (page) => {
    await webhook(page);
    await page.getByRole('dialog').getByRole('button', { name: /New address|更换地址/ }).click();
    await page.getByRole('dialog', { name: /Give Grafana|更换“Grafana”/ }).getByRole('button', { name: /New address|更换地址/ }).click();
    await page.getByRole('dialog').getByText('curl').waitFor();
  } },
  { name: 'missing', path: () => '/nowhere' },
  { name: 'switcher', path: ({ chats }) => `/c/${chats.ada}`, after: async (page) => {
    await composer(page);
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').locator('input').fill('a');
  } },
  { name: 'keys', path: () => '/contacts', after: async (page) => { await page.locator('main h2').first().click(); await page.keyboard.press('?'); await page.getByRole('dialog').waitFor(); } },
  { name: 'message-menu', path: ({ chats }) => `/c/${chats.ada}`, after: async (page) => {
    await composer(page);
    await page.getByRole('log').locator('[data-row]').last().click({ button: 'right' });
    await page.getByRole('menu').waitFor();
  } },
];

/** Logs in whatever the language is. */
export async function enter(person, user) {
  const { page, base } = person;
  await page.goto(`${base}/login`);
  await page.locator('input[name=username]').fill(user);
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.locator('button[type=submit]').click();
  await page.getByRole('navigation').first().waitFor();
}

/** Goes to a page and waits until nothing moves or loads any more. */
export async function visit(person, world, { path, after }) {
  const { page, base } = person;
  await page.goto(base + path(world), { waitUntil: 'networkidle' });
  await page.locator('main').first().waitFor();
  await after?.(page);
  await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(SETTLE_MS);
}

/** Longer than any movement of the look. */
const SETTLE_MS = 350;

/** The same from a page of the client to another, as its own links go: nothing is loaded anew. For people without movement. */
export async function walk(person, world, { path, after }) {
  const { page } = person;
  await page.evaluate((path) => {
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.dispatchEvent(new Event('cancel', { cancelable: true }));
    for (const menu of document.querySelectorAll('[popover]:popover-open')) menu.hidePopover();
    document.querySelector('#content header [aria-expanded="true"]')?.click();
    history.pushState(null, '', path);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path(world));
  await page.waitForFunction(() => !document.querySelector('dialog[open]'));
  await page.evaluate(settled);
  await after?.(page);
  await page.evaluate(settled);
}

/** Until nothing on the page has changed for a while and nothing says that it is busy; in the page. */
function settled() {
  const QUIET_MS = 120;
  const LONGEST_MS = 10_000;
  return new Promise((resolve) => {
    const began = performance.now();
    let last = began;
    const watch = new MutationObserver(() => { last = performance.now(); });
    watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    const look = setInterval(() => {
      const now = performance.now();
      const busy = document.querySelector('[aria-busy="true"], [role=status][aria-label]') || [...document.images].some((image) => !image.complete && image.loading !== 'lazy');
      if ((now - last < QUIET_MS || busy) && now - began < LONGEST_MS) return;
      clearInterval(look);
      watch.disconnect();
      resolve();
    }, 20);
  });
}
