// Every JavaScript example of the pages runs as it stands there, with the built package, against a real server.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../src';
import { BINARY, PASSWORD, Server } from './server';

const here = fileURLToPath(new URL('..', import.meta.url));
const built = existsSync(join(here, 'dist', 'index.js'));
const examplesOf = (page: string): string[] =>
  [...readFileSync(join(here, page), 'utf8').matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code!);

describe.skipIf(BINARY === '' || !built)('examples', () => {
  const server = new Server();
  const children: ChildProcess[] = [];
  let folder = '';

  beforeAll(async () => {
    await server.start();
    folder = await mkdtemp(join(tmpdir(), 'tidings-js-examples-'));
    await mkdir(join(folder, 'node_modules'));
    await symlink(here, join(folder, 'node_modules', 'tidings-chat'), 'dir');
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  let count = 0;
  async function run(code: string): Promise<{ child: ChildProcess; said: () => string; ended: Promise<number | null> }> {
    const file = join(folder, `example-${(count += 1)}.mjs`);
    await writeFile(file, code);
    const env = { ...process.env, TIDINGS_URL: server.url, TIDINGS_PASSWORD: PASSWORD };
    const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let words = '';
    child.stdout.on('data', (bytes: Buffer) => { words += String(bytes); });
    child.stderr.on('data', (bytes: Buffer) => { words += String(bytes); });
    return { child, said: () => words, ended: new Promise((done) => child.once('exit', done)) };
  }

  async function until(look: () => boolean, words: () => string): Promise<void> {
    for (let turn = 0; turn < 200 && !look(); turn += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(look(), words()).toBe(true);
  }

  test('the examples of the README', async () => {
    await server.newUser('ada');
    const token = await server.newUser('bob');
    const [hello, events, more] = examplesOf('README.md');
    for (const [code, word] of [[hello!, 'message 1 of conversation'], [more!, 'ada: owner']] as const) {
      const { said, ended } = await run(code);
      expect(await ended, said()).toBe(0);
      expect(said()).toContain(word);
    }
    const { said } = await run(events!);
    const bob = await connect({ url: server.url, token });
    await bob.send('ada', 'Are you watching?');
    await until(() => said().includes('Are you watching?'), said);
    await bob.close();
  });

  test('the bot of the page about bots answers, also after it was killed', async () => {
    await server.newUser('echo');
    const [bot] = examplesOf('../../docs/bots.md');
    expect(bot!.trim().split('\n').length).toBeLessThanOrEqual(20);
    const cy = await connect({ url: server.url, token: await server.newUser('cy') });
    const answers = (): string[] =>
      (cy.chatWith('echo')?.entries ?? []).flatMap(({ author, body }) => (author === 'echo' && 'text' in body ? [body.text.text] : []));
    for (let turn = 0; turn < 3; turn += 1) {
      const { child, said, ended } = await run(bot!);
      await cy.send('echo', `Hello ${turn}`);
      await until(() => answers().length > turn, said);
      child.kill('SIGKILL');
      await ended;
    }
    expect(answers()).toEqual(['You said: Hello 0', 'You said: Hello 1', 'You said: Hello 2']);
    await cy.close();
  });
});
