// Browsers for the people of a flow. Whatever a page complains of (console, page error, CSP) fails the flow.
import { chromium } from 'playwright-core';
import { PASSWORD } from './server.mjs';

const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
/** A page asks whether somebody is logged in; browsers write down that nobody is. */
const NOBODY_YET = /401.*\/api\/v1\/me\)/;
export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

export function launch(more = []) {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...ARGUMENTS, ...more] });
}

export class Person {
  constructor(context, page, complaints, base) {
    Object.assign(this, { context, page, complaints, base });
  }

  /** A browser profile of its own with one page. `expected` are patterns of complaints that belong to the flow. */
  static async open(browser, base, { viewport = DESKTOP, locale = 'en-GB', colorScheme = 'light', permissions = [], expected = [], ...more } = {}) {
    const context = await browser.newContext({ viewport, locale, colorScheme, permissions, timezoneId: 'Europe/Berlin', ...more });
    const person = new Person(context, null, [], base);
    person.expected = expected;
    person.page = await person.tab();
    return person;
  }

  /** One more tab of the same profile. */
  async tab() {
    const page = await this.context.newPage();
    page.setDefaultTimeout(15_000);
    const note = (text) => {
      if (![NOBODY_YET, ...this.expected].some((pattern) => pattern.test(text))) this.complaints.push(text);
    };
    page.on('console', (message) => {
      if (message.type() === 'error') note(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => note(`page error: ${error.stack ?? error}`));
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    return page;
  }

  /** Logs in through the form. */
  async logIn(user, password = PASSWORD) {
    await this.page.goto(`${this.base}/login`);
    await this.page.getByLabel('User name').fill(user);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByRole('button', { name: 'Log in' }).click();
    await this.page.getByRole('navigation').first().waitFor();
  }

  /** The same person in a second tab of the same browser. */
  async second() {
    const other = new Person(this.context, null, this.complaints, this.base);
    other.expected = this.expected;
    other.page = await other.tab();
    return other;
  }

  async logOut() {
    await this.page.goto(`${this.base}/settings`);
    await this.page.getByRole('button', { name: 'Log out' }).first().click();
    const sure = this.page.getByRole('dialog').getByRole('button', { name: 'Log out' });
    await sure.click();
    await this.page.getByRole('button', { name: /Log in/ }).first().waitFor();
  }

  /** Opens the chat of this title from the list. */
  async openChat(title) {
    await this.page.getByRole('link', { name: title }).first().click();
    await this.composer().waitFor();
  }

  composer() {
    return this.page.locator('[data-composer]');
  }

  async say(text) {
    await this.composer().fill(text);
    await this.composer().press('Enter');
  }

  /** The rows of the open thread that hold a text. */
  message(text) {
    return this.page.getByRole('log').locator('[data-row]').filter({ hasText: text });
  }

  /** A button of the toolbar of the message with this text. */
  async act(text, button) {
    await this.message(text).first().hover();
    await this.message(text).first().getByRole('toolbar').getByRole('button', { name: button }).click();
  }

  /** What the open thread shows of a pattern, from its top. */
  async said(pattern) {
    const rows = await this.page.getByRole('log').locator('[data-row]').allTextContents();
    return rows.flatMap((text) => text.match(pattern) ?? []);
  }

  /** From the next visit on the client starts without a network. */
  async workerReady() {
    await this.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  }

  /** Files by `paste` into the composer, or by `drop` over the thread. */
  async give(how, files) {
    await this.composer().evaluate((field, [how, files]) => {
      const data = new DataTransfer();
      for (const { name, type, base64 } of files) data.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type }));
      const more = { bubbles: true, cancelable: true };
      if (how === 'paste') field.dispatchEvent(new ClipboardEvent('paste', { ...more, clipboardData: data }));
      else for (const kind of ['dragover', 'drop']) field.dispatchEvent(new DragEvent(kind, { ...more, dataTransfer: data }));
    }, [how, files]);
  }

  /** Waits until the focus is somewhere. */
  async focusIn(selector) {
    await this.page.waitForFunction((selector) => document.activeElement?.matches(selector), selector);
  }

  /** What is on the page is on the disk a moment later. */
  async kept() {
    await this.page.waitForTimeout(1_000);
  }

  async close() {
    await this.context.close();
  }
}
