// Users whom an app has signed in, against a real server.

import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { connect, Problem, type Client, type Options } from '../src';
import { BINARY, Server } from './server';

const server = new Server();
let admin = '';
let app = { number: 0, kid: 0, secret: '' };

/** A token as the app's backend signs it (RFC 7519, HS256). */
function sign(user: string, changes: Record<string, unknown> = {}, secret = app.secret): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: String(app.number), sub: user, aud: 'tidings', iat: now, exp: now + 300, name: `The customer ${user}`, ...changes };
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const message = `${encode({ alg: 'HS256', kid: String(app.kid), typ: 'JWT' })}.${encode(claims)}`;
  return `${message}.${createHmac('sha256', secret).update(message).digest('base64url')}`;
}

/** A WebSocket that can be cut. */
function line() {
  const open = new Set<WebSocket>();
  // Nothing that is said meanwhile is heard.
  let whole = true;
  class Cut extends WebSocket {
    constructor(url: string | URL, protocol?: string | string[]) {
      super(url, protocol);
      open.add(this);
      if (!whole) queueMicrotask(() => this.close());
    }
  }
  return {
    WebSocket: Cut as unknown as NonNullable<Options['WebSocket']>,
    cut: () => {
      whole = false;
      for (const socket of open) socket.terminate();
      open.clear();
    },
    mend: () => { whole = true; },
    /** Lets the client hear from the server that its session is over, which closes the connection then. */
    kick: (reason: string) => {
      for (const socket of open) {
        socket.emit('message', Buffer.from(JSON.stringify({ kicked: { reason, by: null } })), false);
        socket.terminate();
      }
      open.clear();
    },
  };
}

async function opened<T>(options: Partial<Options>, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect({ url: server.url, ...options });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

const codeOf = (error: unknown): string => (error instanceof Problem ? error.code : String(error));

describe.skipIf(BINARY === '')('users whom an app has signed in', () => {
  beforeAll(async () => {
    await server.start();
    admin = await server.administrator();
    const { app: number } = await server.ask<{ app: number }>('POST', '/admin/apps', admin, { name: 'shop' });
    const { key, secret } = await server.ask<{ key: number; secret: string }>('POST', '/admin/apps/shop/keys', admin, { kind: 'hs256' });
    app = { number, kid: key, secret };
  });
  afterAll(() => server.stop());

  test('a signed token makes the user and opens their session, and two of them chat', async () => {
    await opened({ signed: async () => sign('ada') }, async (ada) => {
      await opened({ signed: () => sign('ben') }, async (ben) => {
        expect([ada.user, ben.user]).toEqual(['ada', 'ben']);
        const heard = ben.messages();
        await ada.send('ben', 'Where is my parcel?');
        const { value } = await heard.next();
        expect(value.text).toBe('Where is my parcel?');
        await ben.answer(value, 'On its way.');
        expect((await server.ask<{ profile: { name: string } }>('GET', '/me', ada.token)).profile.name).toBe('The customer ada');
      });
    });
  });

  test('a token that has expired, is forged or is for another server opens nothing', async () => {
    const old = { iat: 1_700_000_000, exp: 1_700_000_060 };
    for (const [token, code] of [[sign('ada', old), 'token_expired'], [sign('ada', {}, 'another secret'), 'unauthenticated'], [sign('ada', { aud: 'elsewhere' }), 'unauthenticated']]) {
      expect(codeOf(await connect({ url: server.url, signed: () => token! }).catch((error: unknown) => error))).toBe(code);
    }
  });

  test('a session token is tried first, and a signed one is asked for when it is gone', async () => {
    let asked = 0;
    const signed = (): string => {
      asked += 1;
      return sign('cleo');
    };
    const token = await opened({ token: 'tds_gone', signed }, async (client) => client.token);
    expect([await opened({ token, signed }, async (client) => client.user), asked]).toEqual(['cleo', 1]);
  });

  test('when a session ends while there is no connection, another token is asked for, and what was written arrives once', async () => {
    let asked = 0;
    const { WebSocket: Cut, cut, mend } = line();
    const signed = (): string => {
      asked += 1;
      return sign('dora');
    };
    await opened({ signed: () => sign('emil') }, async (emil) => {
      const heard = emil.messages();
      await opened({ signed, WebSocket: Cut }, async (dora) => {
        await dora.send('emil', 'one');
        expect((await heard.next()).value.text).toBe('one');
        cut();
        const sent = dora.send('emil', 'two');
        await server.ask('DELETE', '/admin/users/dora/sessions?app=shop', admin);
        mend();
        await sent;
        expect((await heard.next()).value.text).toBe('two');
        await dora.send('emil', 'three');
        expect((await heard.next()).value.text).toBe('three');
        expect(asked).toBe(2);
      });
    });
  });

  test('a session that has expired is renewed, and one that was ended is not', async () => {
    let asked = 0;
    const { WebSocket: Kicked, kick } = line();
    const signed = (): string => {
      asked += 1;
      return sign('fay');
    };
    await opened({ signed, WebSocket: Kicked }, async (fay) => {
      const before = fay.token;
      // As the server says it to a connection when its session is too old.
      kick('expired');
      await vi.waitFor(() => expect(fay.token).not.toBe(before), { timeout: 30_000 });
      await fay.send('fay', 'Still here.');
      expect(asked).toBe(2);
      const over = (async () => {
        for await (const _ of fay.events());
      })().catch((error: unknown) => error);
      await server.ask('DELETE', '/admin/users/fay/sessions?app=shop', admin);
      expect(await over).toMatchObject({ name: 'Over', reason: 'revoked' });
      expect(asked).toBe(2);
    });
  });
});
