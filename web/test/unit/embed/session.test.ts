// The end of a session of the widget: none is left open, whenever the user of the page logs out.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Host } from '../../../src/embed/host';
import { Session } from '../../../src/embed/session';

interface Asked { path: string; method: string; token: string | null; keepalive: boolean; answer(status: number, body?: object): void }
let asked: Asked[] = [];

beforeEach(() => {
  asked = [];
  vi.stubGlobal('document', { addEventListener: () => undefined, visibilityState: 'visible' });
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('location', { protocol: 'http:', host: 'chat.example' });
  vi.stubGlobal('WebSocket', class { readyState = 0; close() { this.readyState = 3; } send() { /* nobody hears it */ } });
  vi.stubGlobal('fetch', (path: string, { method = 'GET', headers, keepalive = false }: RequestInit = {}) => new Promise((resolve) => {
    asked.push({
      path, method, keepalive, token: new Headers(headers).get('authorization'),
      answer: (status, body) => resolve(new Response(body ? JSON.stringify(body) : null, { status, headers: { 'content-type': 'application/json' } })),
    });
  }));
});
afterEach(() => vi.unstubAllGlobals());

const make = (token: () => Promise<string | null>) => new Session({ token } as unknown as Host, { id: 'device', name: 'Chat', platform: 'web' }, null);
const ended = () => asked.filter(({ method }) => method === 'DELETE');

test('a session ends with a request that outlives the frame', async () => {
  const session = make(() => Promise.resolve('signed'));
  const beginning = session.begin();
  await vi.waitFor(() => expect(asked.length).toBe(1));
  asked[0]?.answer(201, { token: 'secret', user: 'mia', time: 0 });
  await beginning;
  const ending = session.end();
  await vi.waitFor(() => expect(ended()).toMatchObject([{ path: '/api/v1/sessions/current', token: 'Bearer secret', keepalive: true }]));
  ended()[0]?.answer(204);
  await ending;
  expect(ended().length).toBe(1);
});

test('one that is being opened when its user logs out is ended as soon as it is there, before that is told', async () => {
  const session = make(() => Promise.resolve('signed'));
  const beginning = session.begin();
  await vi.waitFor(() => expect(asked.length).toBe(1));
  let done = false;
  const ending = session.end().then(() => { done = true; });
  asked[0]?.answer(201, { token: 'late', user: 'mia', time: 0 });
  await beginning;
  await vi.waitFor(() => expect(ended()).toMatchObject([{ token: 'Bearer late', keepalive: true }]));
  expect(done).toBe(false);
  ended()[0]?.answer(204);
  await ending;
  expect(session.state.peek()).toBe(null);
});

test('a token that comes after the end opens nothing', async () => {
  let give: (token: string) => void = () => undefined;
  const session = make(() => new Promise((resolve) => { give = resolve; }));
  const beginning = session.begin();
  await session.end();
  give('signed');
  await beginning;
  expect(asked).toEqual([]);
});
