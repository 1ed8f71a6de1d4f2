// A real server to test against: its program is named by TIDINGS_BINARY.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

export const BINARY = process.env['TIDINGS_BINARY'] ?? '';
export const PASSWORD = 'a quiet afternoon';
const READY_MS = 30_000;

export class Server {
  private process: ChildProcess | null = null;
  private folder = '';
  private port = 0;
  private setUpSecret = '';

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it; after a kill on the same data and at the same address. */
  async start(): Promise<void> {
    this.folder ||= await mkdtemp(join(tmpdir(), 'tidings-js-'));
    const env = {
      ...process.env,
      TIDINGS_HOME_REGISTRATION: 'open',
      TIDINGS_LISTEN_TCP: '127.0.0.1:0',
      TIDINGS_LISTEN_HTTP: `127.0.0.1:${this.port}`,
      TIDINGS_LIMITS_REST_PER_SECOND: '0',
      TIDINGS_LIMITS_RATE_PER_SECOND: '0',
      TIDINGS_LIMITS_RATE_BURST: '0',
    };
    const child = spawn(resolve(BINARY), ['serve', '--data', join(this.folder, 'data')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    const words: string[] = [];
    child.stderr.on('data', (bytes: Buffer) => {
      words.push(String(bytes));
      this.setUpSecret = /\/setup#(\S+)/.exec(words.join(''))?.[1] ?? this.setUpSecret;
    });
    await new Promise<void>((ready, fail) => {
      const timer = setTimeout(() => fail(new Error(`the server was not ready in time\n${words.join('')}`)), READY_MS);
      child.once('exit', (code) => fail(new Error(`the server ended with ${code}\n${words.join('')}`)));
      createInterface(child.stdout).on('line', (line) => {
        this.setUpSecret = /\/setup#(\S+)/.exec(line)?.[1] ?? this.setUpSecret;
        const found = /^ready tcp=\S+ http=\S+:(\d+)/.exec(line);
        if (!found) return;
        clearTimeout(timer);
        this.port = Number(found[1]);
        ready();
      });
    });
  }

  /** As if the power went. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.process;
    this.process = null;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await gone;
  }

  /** Makes a bot, as its operator does; gives its token. */
  async newBot(bot: string): Promise<string> {
    return (await this.command('bot', 'add', bot)).trim();
  }

  /** Revokes the oldest token of a bot. */
  async revokeFirst(bot: string): Promise<void> {
    const number = (await this.command('bot', 'tokens', bot)).split('\n')[1]!.split(' ')[0]!;
    await this.command('bot', 'revoke', bot, number);
  }

  /** Makes a key of the app `home` that opens the server API. */
  async newKey(): Promise<string> {
    return (await this.command('app', 'key-create', 'home', '--kind', 'api')).trim().split(' ')[1]!;
  }

  /** Runs a command of the operator's and gives what it prints. */
  private async command(...words: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(resolve(BINARY), [...words, '--data', join(this.folder, 'data')], { timeout: 60_000 });
    return stdout;
  }

  /** Makes an account; gives the token of its first session. */
  async newUser(user: string): Promise<string> {
    const response = await fetch(`${this.url}/api/v1/accounts`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user, password: PASSWORD }),
    });
    if (!response.ok) throw new Error(`${user}: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { token: string }).token;
  }

  /** One request; throws when it is refused. */
  async ask<T>(method: string, path: string, token: string | null, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    return (text ? JSON.parse(text) : null) as T;
  }

  /** The first administrator's token. */
  async administrator(): Promise<string> {
    await this.ask('POST', '/setup', null, { token: this.setUpSecret, user: 'chief', password: PASSWORD });
    return (await this.ask<{ token: string }>('POST', '/sessions', null, { user: 'chief', password: PASSWORD })).token;
  }
}
