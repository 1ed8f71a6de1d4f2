// What makes a start quick: a connection that was made before the core was there, rows that are drawn once, and who it is.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Account, keptAs } from '../../../src/core/account';
import { Socket } from '../../../src/core/socket';
import { State } from '../../../src/core/state';
import { ThreadState } from '../../../src/core/thread';
import { entryOf, fakeStorage, recordOf } from './fake';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function socketOn(line: { readyState: number; onopen?: (() => void) | null; send(text: string): void }) {
  const quiet = () => undefined;
  return new Socket(
    { open: () => line as unknown as WebSocket, device: () => ({ id: 'd', platform: 'web', name: 'Test' }), resume: () => null, now: () => 0, random: () => 0 },
    { welcome: quiet, frame: quiet, state: quiet, refused: quiet },
  );
}

it('says hello once: at once where the connection is open already, else when it opens', () => {
  for (const readyState of [1, 0]) {
    const said: string[] = [];
    const line: Parameters<typeof socketOn>[0] = { readyState, send: (text) => void said.push(text) };
    socketOn(line).start();
    expect(said.length).toBe(readyState);
    if (readyState === 0) {
      line.readyState = 1;
      line.onopen!();
    }
    expect(said.map((text) => Object.keys(JSON.parse(text) as object))).toEqual([['hello']]);
  }
});

it('gives the same rows again while none of them became another', () => {
  const state = new State('ada', () => 0, () => undefined);
  state.apply({ conversation: recordOf(4, { head: 2, head_ordinal: 2, entries: [entryOf(1, 'bob'), entryOf(2, 'ada')], inbox: { unread: 1 } as never }) });
  const conversation = state.get(4)!;
  const world = { history: async () => undefined, entryAt: async () => 0, seen: () => undefined, closed: () => undefined };
  const thread = new ThreadState(conversation, world);
  const rows = thread.rows.value;
  expect(rows.map(({ seq }) => seq)).toEqual([1, 2]);
  state.apply({ reading: { conversation: 4, seq: 2 } });
  expect(thread.rows.value).toBe(rows);
  // The other one has read it: that row is another, the first is the same.
  state.apply({ receipt: { conversation: 4, moved: [{ user: 'bob', delivered: 2, read: 2 }] } });
  expect(thread.rows.value).not.toBe(rows);
  expect(thread.rows.value[0]).toBe(rows[0]);
  thread.close();
});

it('keeps users of one id in two apps apart, also before the server has answered', async () => {
  expect([keptAs(1, 'ada'), keptAs(2, 'ada')]).toEqual(['ada', '2/ada']);
  const storage = fakeStorage();
  const account = () => new Account({ storage, newId: () => 'd', deviceName: 'Test' });
  const answers: Record<string, object> = {
    'POST /api/v1/sessions': { app: 2, user: 'ada', session: 9, administrator: false },
    'GET /api/v1/server': { name: 't', version: '1', url: '', registration: 'open', needs_setup: false, password_chars_min: 8, administrator_password_chars_min: 12 },
  };
  const asked = vi.fn(async (path: string, { method }: { method: string; body?: string }) => {
    const answer = answers[`${method} ${path}`];
    if (!answer) throw new TypeError('no network');
    return new Response(JSON.stringify(answer), { status: 200 });
  });
  vi.stubGlobal('fetch', asked);
  const first = account();
  await first.logIn('ada', 'a quiet afternoon', 'shop');
  expect(JSON.parse(asked.mock.calls[0]![1].body!)).toMatchObject({ app: 'shop', user: 'ada' });
  expect([first.lastUser(), first.lastApp()]).toEqual(['2/ada', 'shop']);

  // Without a network it is the same user as before.
  const again = account();
  await again.probe();
  expect(again.session.value).toMatchObject({ state: 'in', app: 2, user: 'ada' });

  answers['POST /api/v1/sessions'] = { app: 1, user: 'ada', session: 10, administrator: false };
  await again.logIn('ada', 'a quiet afternoon');
  expect([again.lastUser(), again.lastApp()]).toEqual(['ada', '']);
});
