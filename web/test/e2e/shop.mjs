// The sample business system of docs/examples, as its own process: a page of another origin that shows the chat widget.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SAMPLE = fileURLToPath(new URL('../../../docs/examples/shop.py', import.meta.url));
const READY_MS = 30_000;

export class Shop {
  #process = null;

  /**
   * An app with its keys on the server, and the shop that uses it. `server` is the chat, `chief` its administrator. With `home` as its
   * name it is the app that is there already, whose people use the client itself.
   */
  static async open(server, chief, name = 'shop') {
    const admin = (method, path, body) => server.ask(method, `/admin/apps${path}`, { token: chief.token, body });
    const { app } = name === 'home' ? await admin('GET', '/home') : await admin('POST', '', { name });
    const signing = await admin('POST', `/${name}/keys`, { kind: 'hs256' });
    const { secret } = await admin('POST', `/${name}/keys`, { kind: 'api' });
    const shop = new Shop();
    Object.assign(shop, { server, name, key: secret });
    await shop.#start({ TIDINGS: server.url, APP: String(app), KID: String(signing.key), SECRET: signing.secret, SHOP_PORT: '0' });
    shop.app = app;
    return shop;
  }

  async #start(settings) {
    const child = spawn('python3', [SAMPLE], { env: { ...process.env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    const said = [];
    child.stderr.on('data', (bytes) => said.push(String(bytes)));
    this.port = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the shop was not ready in time\n${said.join('')}`)), READY_MS);
      child.once('exit', (code) => reject(new Error(`the shop ended with ${code}\n${said.join('')}`)));
      createInterface(child.stdout).on('line', (line) => {
        const found = /:(\d+)$/.exec(line);
        if (!found) return;
        clearTimeout(timer);
        resolve(Number(found[1]));
      });
    });
  }

  /** The same page has two origins: the app lists the first. */
  get url() {
    return `http://localhost:${this.port}`;
  }

  get unlisted() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What the shop's backend does with its key. */
  ask(method, path, body) {
    return this.server.ask(method, `/apps/${this.name}${path}`, { token: this.key, body });
  }

  say(from, to, text) {
    return this.ask('POST', `/as/${from}/users/${to}/entries`, { text: { text } });
  }

  /** A file of one of its users. */
  async upload(user, name, type, bytes) {
    const answer = await fetch(`${this.server.url}/api/v1/apps/${this.name}/as/${user}/media?name=${encodeURIComponent(name)}`, {
      method: 'POST', headers: { authorization: `Bearer ${this.key}`, 'content-type': type }, body: bytes,
    });
    if (!answer.ok) throw new Error(`upload of ${name}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  close() {
    this.#process?.kill('SIGKILL');
  }
}
