// Whose requests they are: the cookie's, or a token's where a page has none.

import { afterEach, expect, test, vi } from 'vitest';
import { ask, caller } from '../../../src/core/api';
import { uploadFile } from '../../../src/core/uploads';

afterEach(() => {
  Object.assign(caller, { credentials: 'same-origin', headers: {} });
  vi.unstubAllGlobals();
});

function server(answers: unknown[]) {
  const asked: { path: string; init: RequestInit }[] = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    asked.push({ path, init });
    return Promise.resolve(new Response(JSON.stringify(answers[asked.length - 1]), { status: 200 }));
  });
  return asked;
}

test('a request goes with the cookie, and with a token and no cookie once there is one', async () => {
  const asked = server([{}, {}]);
  await ask('GET', '/me');
  Object.assign(caller, { credentials: 'omit', headers: { Authorization: 'Bearer tds_x' } });
  await ask('GET', '/me');
  expect(asked.map(({ init }) => [init.credentials, (init.headers as Record<string, string>).Authorization])).toEqual([['same-origin', undefined], ['omit', 'Bearer tds_x']]);
});

test('all of an upload goes with the token', async () => {
  caller.credentials = 'omit';
  caller.headers = { Authorization: 'Bearer tds_x' };
  const media = { media: 'm', name: 'a.txt' };
  const asked = server([{ id: 'u', bytes: 3, offset: 0 }, { id: 'u', bytes: 3, offset: 3, media }]);
  const file = { blob: new Blob(['abc']), name: 'a.txt', kind: 'file' as const, caption: { text: '', markdown: false, reply_to: null, mentions: [], mention_all: false }, id: null, media: null };
  expect(await uploadFile(file, { key: 'k' })).toEqual(media);
  expect(asked.map(({ path, init }) => [init.method, path, (init.headers as Record<string, string>).Authorization, init.credentials])).toEqual([
    ['POST', '/api/v1/uploads', 'Bearer tds_x', 'omit'], ['PATCH', '/api/v1/uploads/u', 'Bearer tds_x', 'omit'],
  ]);
});
