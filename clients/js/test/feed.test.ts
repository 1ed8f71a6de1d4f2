// The event feed of an app: against a real server, and its gap against the other end of it in memory.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followApp, Problem, type FeedPage } from '../src';
import { BINARY, Server } from './server';

async function next(feed: AsyncGenerator<FeedPage, void>): Promise<FeedPage> {
  const { value } = await feed.next();
  if (!value) throw new Error('the feed ended');
  return value;
}

const said = ({ events }: FeedPage): string[] => events.map(({ entry }) => (entry && 'text' in entry.body ? entry.body.text.text : ''));

test('a gap is told with what is still there, and the feed goes on', async () => {
  const asked: string[][] = [];
  const pages: FeedPage[] = [
    { events: [], next: '7.1', gap: false },
    { events: [{ id: '7.90.0', type: 'user.changed', lsn: 90, app: 2, conversation: { id: 1, kind: 'feed', title: null, users: ['ada'] } }], next: '7.90', gap: true },
    { events: [], next: '7.95', gap: false },
  ];
  const answers: (() => Response)[] = pages.map((page) => () => Response.json(page));
  answers.splice(1, 0, () => Response.json({ code: 'unavailable' }, { status: 503 }));
  const feed = followApp({
    url: 'https://chat.example.org', app: 'the shop', key: 'tdk_1', after: '7.0', wait: 5,
    fetch: async (address) => {
      const { pathname, searchParams } = new URL(String(address));
      asked.push([pathname, searchParams.get('after')!, searchParams.get('wait')!]);
      return answers.shift()!();
    },
  });
  expect([await next(feed), await next(feed), await next(feed)]).toEqual(pages);
  const path = '/api/v1/apps/the%20shop/events';
  expect(asked).toEqual([[path, '7.0', '0'], [path, '7.1', '5'], [path, '7.1', '5'], [path, '7.90', '5']]);
});

describe.skipIf(BINARY === '')('the feed of an app', () => {
  const server = new Server();
  let key = '';
  const say = (text: string) => server.ask('POST', '/apps/shop/as/ada/users/ben/entries', key, { text: { text } });
  const follow = (options: { after?: string; key?: string }) => followApp({ url: server.url, app: 'shop', key, types: ['entry.text'], wait: 2, ...options });

  beforeAll(async () => {
    await server.start();
    const admin = await server.administrator();
    await server.ask('POST', '/admin/apps', admin, { name: 'shop' });
    key = (await server.ask<{ secret: string }>('POST', '/admin/apps/shop/keys', admin, { kind: 'api' })).secret;
    for (const user of ['ada', 'ben']) await server.ask('POST', '/apps/shop/users', key, { user });
  });
  afterAll(() => server.stop());

  test('what happens comes once, and again from a place that was kept', async () => {
    const feed = follow({});
    const begin = await next(feed);
    expect([begin.events, begin.gap]).toEqual([[], false]);
    await say('one');
    await say('two');
    const heard: string[] = [];
    while (heard.length < 2) heard.push(...said(await next(feed)));
    expect(heard).toEqual(['one', 'two']);
    expect(said(await next(follow({ after: begin.next })))).toEqual(['one', 'two']);
  });

  test('a place of other data or of the future, and a key that is none, are refused', async () => {
    const epoch = (await next(follow({}))).next.split('.')[0]!;
    for (const [options, code] of [
      [{ after: `${BigInt(epoch) + 1n}.1` }, 'conflict'], [{ after: `${epoch}.99999999999` }, 'conflict'], [{ key: 'tdk_none' }, 'unauthenticated'],
    ] as const) {
      const error: unknown = await next(follow(options)).catch((problem: unknown) => problem);
      expect(error instanceof Problem ? error.code : error).toBe(code);
    }
  });
});
