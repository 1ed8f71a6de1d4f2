// A real server in a temporary folder, and what a flow prepares through its REST interface.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Long enough for everybody's rules, and in nobody's list. */
export const PASSWORD = 'a quiet afternoon';
const READY_MS = 30_000;
/** For flows that say much at once. */
export const UNHURRIED = { TIDINGS_LIMITS_RATE_PER_SECOND: '0', TIDINGS_LIMITS_RATE_BURST: '0' };

export class Server {
  #binary;
  #settings;
  #process = null;
  #folder = null;
  #port = 0;

  constructor(binary, settings = {}) {
    this.#binary = binary;
    this.#settings = settings;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  get port() {
    return this.#port;
  }

  /** Starts it; after a stop or a kill on the same data and the same port. */
  async start() {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'tidings-e2e-'));
    const environment = {
      ...process.env,
      TIDINGS_HOME_REGISTRATION: 'open',
      TIDINGS_LISTEN_TCP: '127.0.0.1:0',
      TIDINGS_LISTEN_HTTP: `127.0.0.1:${this.#port}`,
      TIDINGS_LIMITS_REST_PER_SECOND: '0',
      ...this.#settings,
    };
    this.log = [];
    const child = spawn(this.#binary, ['serve', '--data', join(this.#folder, 'data')], { env: environment });
    this.#process = child;
    child.stderr.on('data', (bytes) => this.log.push(String(bytes)));
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server was not ready in time\n${this.log.join('')}`)), READY_MS);
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}\n${this.log.join('')}`)));
      createInterface(child.stdout).on('line', (line) => {
        this.log.push(`${line}\n`);
        const found = /^ready tcp=\S+ http=\S+:(\d+)/.exec(line);
        if (!found) return;
        clearTimeout(timer);
        this.#port = Number(found[1]);
        resolve();
      });
    });
  }

  async #end(signal) {
    const child = this.#process;
    if (!child) return;
    this.#process = null;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** Like a power cut of the process. */
  kill() {
    return this.#end('SIGKILL');
  }

  stop() {
    return this.#end('SIGTERM');
  }

  async remove() {
    await this.#end('SIGKILL');
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
  }

  /** The one-time link of the first start. */
  setUpLink() {
    const link = /https?:\/\/\S+\/setup#\S+/.exec(this.log.join(''))?.[0];
    if (!link) throw new Error(`there is no set-up link\n${this.log.join('')}`);
    return link;
  }

  /** Makes the first administrator, as the link would. */
  async setUp() {
    const secret = this.setUpLink().split('#')[1];
    await this.ask('POST', '/setup', { body: { token: secret, user: 'chief', name: 'The Chief', password: PASSWORD } });
    const { token } = await this.ask('POST', '/sessions', { body: { user: 'chief', password: PASSWORD } });
    return { user: 'chief', name: 'The Chief', token };
  }

  /** One REST request; throws with the problem when it is refused. */
  async ask(method, path, { token, body, headers } = {}) {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** An account, with a token for what the flow does in its name beside the browser. */
  async person(user, name = user) {
    const made = await this.ask('POST', '/accounts', { body: { user, name, password: PASSWORD } });
    return { user, name, token: made.token };
  }

  /** Makes two people contacts of each other. */
  async befriend(one, other) {
    await this.ask('POST', '/contact-requests', { token: one.token, body: { user: other.user, greeting: 'Hello.' } });
    await this.ask('PUT', `/contact-requests/${one.user}`, { token: other.token, body: { accept: true } });
  }

  say(person, to, text) {
    return this.ask('POST', `/users/${to.user}/entries`, { token: person.token, body: { text: { text } } });
  }

  sayIn(person, conversation, text) {
    return this.ask('POST', `/conversations/${conversation}/entries`, { token: person.token, body: { text: { text } } });
  }
}
