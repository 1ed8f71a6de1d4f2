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
  let token = '';

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
    const env = { ...process.env, TIDINGS_URL: server.url, TIDINGS_PASSWORD: PASSWORD, TIDINGS_TOKEN: token };
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
    token = await server.newBot('dice');
    const [bot] = examplesOf('../../docs/bots.md');
    expect(bot!.trim().split('\n').length).toBeLessThanOrEqual(20);
    const cy = await connect({ url: server.url, token: await server.newUser('cy') });
    /** What the bot says with buttons now, oldest first. */
    const said = (): Array<{ seq: number; words: string; changed: number }> =>
      (cy.chatWith('dice')?.entries ?? []).flatMap(({ seq, changed, body }) => ('buttons' in body ? [{ seq, changed, words: body.buttons.text.text }] : []));
    let running = await run(bot!);
    await cy.send('dice', '/dice 5');
    await until(() => said().some(({ words }) => words === 'Whose turn is it? 5'), running.said);
    const chat = cy.chatWith('dice')!;
    expect((await cy.botCommands(chat.id)).map(({ command }) => command.name)).toEqual(['dice']);
    const place = { conversation: chat.id, seq: said()[0]!.seq };
    await cy.press(place, 'roll');
    await until(() => /^cy has a [1-6]\.$/.test(said()[0]!.words), running.said);
    // What is pressed and said while it is down, it finds when it is back.
    running.child.kill('SIGKILL');
    await running.ended;
    const { changed } = said()[0]!;
    await cy.send('dice', '/dice 6');
    await cy.press(place, 'roll');
    running = await run(bot!);
    await until(() => said().some(({ words }) => words === 'Whose turn is it? 6'), running.said);
    await until(() => said()[0]!.changed > changed, running.said);
    running.child.kill('SIGKILL');
    await running.ended;
    await cy.close();
  });
});
