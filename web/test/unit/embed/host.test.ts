// Whom the framed page believes, and what it says to them.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Host } from '../../../src/embed/host';

const ORIGINS = ['https://shop.example', 'http://localhost:8080'];
const heard: Array<(event: unknown) => void> = [];
const page = {};

beforeEach(() => {
  vi.stubGlobal('parent', page);
  vi.stubGlobal('addEventListener', (_: string, listener: (event: unknown) => void) => heard.push(listener));
  vi.stubGlobal('removeEventListener', (_: string, listener: (event: unknown) => void) => heard.splice(heard.indexOf(listener), 1));
});
afterEach(() => {
  heard.length = 0;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A port that notes what is said to the page. */
function port() {
  const said: unknown[] = [];
  const made = { onmessage: null as ((event: { data: unknown }) => void) | null, postMessage: (data: unknown) => said.push(data) };
  return { said, made, hears: (data: unknown) => made.onmessage?.({ data }) };
}

const events = () => ({ shown: vi.fn(), place: vi.fn(), end: vi.fn(() => Promise.resolve()) });
const start = (more: object) => ({ source: page, origin: ORIGINS[0], data: { tidings: 1, with: 'user:support', shown: true, device: 'x' }, ports: [port().made], ...more });

test('only the parent, at an origin that the app lists, is believed', async () => {
  let found = false;
  void Host.find(ORIGINS, events()).then(() => { found = true; });
  for (const wrong of [
    { source: {} }, { source: null }, { origin: 'https://evil.example' }, { origin: 'null' }, { origin: '' }, { origin: 'https://shop.example:443' },
    { origin: 'https://shop.example.evil.example' }, { data: {} }, { data: null }, { data: 'tidings' }, { data: { tidings: 2 } }, { ports: [] },
  ]) heard[0]?.(start(wrong));
  await Promise.resolve();
  expect([found, heard.length]).toEqual([false, 1]);
  heard[0]?.(start({}));
  await vi.waitFor(() => expect(found).toBe(true));
  expect(heard.length).toBe(0);
});

test('a token is asked for by number, and one that does not come is none', async () => {
  vi.useFakeTimers();
  const { said, made, hears } = port();
  const finding = Host.find(ORIGINS, events());
  heard[0]?.(start({ ports: [made] }));
  const { host, wishes } = await finding;
  expect(wishes).toEqual({ with: 'user:support', language: 'auto', theme: 'auto', shown: true, device: 'x' });
  const [one, two, three] = [host.token(), host.token(), host.token()];
  expect(said).toEqual([{ token: 1 }, { token: 2 }, { token: 3 }]);
  hears({ token: 2, signed: 'second' });
  hears({ token: 1 });
  hears({ token: 9, signed: 'nobody asked' });
  expect([await one, await two]).toEqual([null, 'second']);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await three).toBe(null);
});

test('the page says when the chat is shown and when its user has gone, and hears when that is done', async () => {
  const { said, made, hears } = port();
  const told = events();
  const finding = Host.find(ORIGINS, told);
  heard[0]?.(start({ ports: [made] }));
  const { host } = await finding;
  hears({ shown: false });
  expect(told.shown).toHaveBeenCalledWith(false);
  hears({ place: 'user:sales' });
  hears({ place: 7 });
  expect(told.place.mock.calls).toEqual([['user:sales']]);
  hears({ end: true });
  await vi.waitFor(() => expect(said).toContainEqual({ gone: true }));
  host.unread(3);
  host.hide();
  expect(said.slice(-2)).toEqual([{ unread: 3 }, { hide: true }]);
});
