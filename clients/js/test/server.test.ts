// Everyday use and kills, against a real server.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connect, Over, Problem, type Client, type ClientEvent, type EventOf, type EventType, type Options } from '../src';
import { BINARY, PASSWORD, Server } from './server';

const server = new Server();
const clients: Client[] = [];
let users = 0;

/** Accounts of this test alone. */
async function people(...names: string[]): Promise<Array<{ user: string; token: string }>> {
  users += 1;
  return Promise.all(names.map(async (name) => ({ user: `${name}-${users}`, token: await server.newUser(`${name}-${users}`) })));
}

async function open(options: Partial<Options>): Promise<Client> {
  const client = await connect({ url: server.url, ...options });
  clients.push(client);
  return client;
}

async function pair(): Promise<[Client, Client]> {
  const [ada, bob] = await people('ada', 'bob');
  return [await open({ token: ada!.token }), await open({ token: bob!.token })];
}

/** The next event of a type that is wanted; others before it are dropped. */
async function first<T extends EventType>(client: Client, type: T, wanted: (event: EventOf<T>) => boolean = () => true): Promise<EventOf<T>> {
  for await (const event of client.events()) {
    if (event.type === type && wanted(event as EventOf<T>)) return event as EventOf<T>;
  }
  throw new Error('the events ended');
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const codeOf = (error: unknown): string => (error instanceof Problem ? error.code : String(error));

describe.skipIf(BINARY === '')('with a server', () => {
  beforeAll(() => server.start());
  afterAll(() => server.stop());
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });

  describe('logging in', () => {
    test('a password opens a session whose token opens it again', async () => {
      const [ada] = await people('ada');
      let kept = '';
      const client = await open({ user: ada!.user.toUpperCase(), password: PASSWORD, onToken: (token) => { kept = token; } });
      expect([client.user, client.token]).toEqual([ada!.user, kept]);
      await client.close();
      expect((await open({ token: kept })).user).toBe(ada!.user);
    });

    test('a wrong password and a wrong token are refused', async () => {
      const [ada] = await people('ada');
      for (const wrong of [{ user: ada!.user, password: 'not hers' }, { token: 'tds_wrong' }]) {
        expect(codeOf(await open(wrong).catch((error: unknown) => error))).toBe('unauthenticated');
      }
    });

    test('a session that is gone is opened anew with the password', async () => {
      const [ada] = await people('ada');
      const client = await open({ token: 'tds_gone', user: ada!.user, password: PASSWORD });
      expect(client.token).not.toBe('tds_gone');
    });

    test('a server that is not there is said to be offline', async () => {
      expect(codeOf(await open({ url: 'http://127.0.0.1:9', token: 'tds_1', connectWithinMs: 500 }).catch((error: unknown) => error))).toBe('offline');
    });

    test('a session that another device ends is over', async () => {
      const [ada] = await people('ada');
      const [one, two] = [await open({ token: ada!.token }), await open({ user: ada!.user, password: PASSWORD })];
      const answer = await two.query({ sessions: {} });
      const other = 'sessions' in answer ? answer.sessions.sessions.find(({ current }) => !current) : undefined;
      await two.command({ end_session: { session: other!.session } });
      const error = await first(one, 'message').catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Over);
      expect((error as Over).reason).toBe('revoked');
      await expect(one.send('bob', 'too late')).rejects.toBeInstanceOf(Over);
    });
  });

  test('who logs out is out', async () => {
    const [ada] = await people('ada');
    const client = await open({ user: ada!.user, password: PASSWORD });
    await client.command({ log_out: {} });
    expect(((await first(client, 'message').catch((error: unknown) => error)) as Over).reason).toBe('logged_out');
    expect(codeOf(await open({ token: client.token }).catch((error: unknown) => error))).toMatch(/unauthenticated|session_revoked/);
  });

  describe('talking', () => {
    test('a message is answered, once', async () => {
      const [ada, bob] = await pair();
      const sent = await ada.send(bob.user, 'Tea?');
      expect(sent.seq).toBe(1);
      const message = await first(bob, 'message');
      expect([message.text, message.author, message.mine, message.kind]).toEqual(['Tea?', ada.user, false, 'direct']);
      const answer = await bob.answer(message, 'Yes!');
      expect((await bob.answer(message, 'Yes!')).seq).toBe(answer.seq);
      expect(codeOf(await bob.answer(message, 'No!').catch((error: unknown) => error))).toBe('idempotency_conflict');
      expect((await first(ada, 'message', ({ mine }) => !mine)).text).toBe('Yes!');
      expect(ada.chatWith(bob.user)?.entries).toEqual(await ada.history(sent.conversation));
    });

    test('edits, reactions and recalls change what was there', async () => {
      const [ada, bob] = await pair();
      const { conversation, seq } = await ada.send(bob.user, 'Tee?');
      await first(bob, 'message');
      await ada.edit(conversation, seq, 'Tea?');
      expect((await first(bob, 'changed')).entry.edited_at).not.toBeNull();
      await bob.react(conversation, seq, '👍');
      expect((await first(bob, 'changed')).entry.reactions).toEqual([{ emoji: '👍', users: [bob.user] }]);
      await ada.recall(conversation, seq);
      expect((await first(bob, 'changed')).entry.body).toEqual({ recalled: {} });
    });

    test('receipts and typing are told', async () => {
      const [ada, bob] = await pair();
      await ada.send(bob.user, 'Tea?');
      const message = await first(bob, 'message');
      expect(bob.chats.map(({ unread }) => unread)).toEqual([1]);
      bob.read(message);
      expect(bob.chats.map(({ unread }) => unread)).toEqual([0]);
      await first(ada, 'receipt', ({ moved }) => moved.some(({ user, read }) => user === bob.user && read === 1));
      bob.typing(message.conversation);
      expect((await first(ada, 'typing')).user).toBe(bob.user);
    });

    test('an event of the app is told to whoever is there', async () => {
      const [ada, bob] = await pair();
      const key = await server.newKey();
      const [heard, listened]: [Promise<EventOf<'pushed'>>, EventOf<'pushed'>[]] = [first(ada, 'pushed'), []];
      ada.on('pushed', (event) => listened.push(event));
      const data = { order: 4711, parts: ['é', null] };
      const told = await server.ask('POST', '/apps/home/push', key, { users: [ada.user, bob.user], kind: 'order.shipped', data });
      expect(told).toEqual({
        results: [{ user: ada.user, status: 'told', devices: 1 }, { user: bob.user, status: 'told', devices: 1 }], refused: 0,
      });
      expect(await heard).toEqual({ type: 'pushed', kind: 'order.shipped', data });
      expect(listened).toEqual([await heard]);
      // What comes after it is heard as ever, also by somebody who has no use for it.
      await ada.send(bob.user, 'Is it there?');
      expect((await first(bob, 'message')).text).toBe('Is it there?');
    });

    test('listeners hear the same as readers', async () => {
      const [ada, bob] = await pair();
      const heard: string[] = [];
      const end = bob.on('message', ({ text }) => heard.push(text));
      // Who listens has heard what came before somebody reads, so the reading begins first.
      const one = first(bob, 'message');
      await ada.send(bob.user, 'one');
      await one;
      end();
      const two = first(bob, 'message');
      await ada.send(bob.user, 'two');
      await two;
      expect(heard).toEqual(['one']);
    });

    test('a refusal is for who asked', async () => {
      const [ada, bob] = await pair();
      expect(codeOf(await ada.send('nobody-there', 'Hello?').catch((error: unknown) => error))).toBe('not_found');
      expect(ada.pending).toEqual([]);
      await bob.command({ block: { user: ada.user, on: true } });
      expect(codeOf(await ada.send(bob.user, 'Hello?').catch((error: unknown) => error))).toBe('blocked');
    });
  });

  describe('bots', () => {
    test('a press is heard, also when the bot was away, and a revoked token ends it', async () => {
      const [ann] = await people('ann');
      const name = `till-${users}`;
      const token = await server.newBot(name);
      let bot = await open({ token });
      const person = await open({ token: ann!.token });
      const rows = [[{ label: 'Yes', does: { press: 'yes' } }, { label: 'More', does: { open: 'https://example.org/more' } }]];
      await bot.setCommands([{ name: 'pay', description: 'Pay something', hint: '<amount>' }, { name: 'bill', description: 'What is open' }]);
      const sent = await bot.send(ann!.user, 'Pay *now*?', { markdown: true, buttons: rows });
      const offered = await person.botCommands(sent.conversation);
      expect(offered.map(({ bot: by, command }) => [by, command.name, command.hint])).toEqual([[name, 'bill', null], [name, 'pay', '<amount>']]);
      const message = await first(person, 'message', ({ text }) => text === 'Pay *now*?');
      expect('buttons' in message.entry.body && message.entry.body.buttons.rows[0]!.map(({ label, style }) => [label, style])).toEqual([['Yes', 'plain'], ['More', 'plain']]);
      await person.press(sent, 'yes');
      const press = await first(bot, 'press');
      expect([press.author, press.conversation, press.seq, press.button]).toEqual([ann!.user, sent.conversation, sent.seq, 'yes']);
      expect(codeOf(await person.press(sent, 'no').catch((error: unknown) => error))).toBe('not_found');
      // It was not marked as read, because the program ended over it: it comes again, and then what was pressed meanwhile.
      await bot.close();
      await person.press(sent, 'yes');
      await person.send(name, '/pay 5 now');
      bot = await open({ token });
      const heard: unknown[] = [];
      for await (const each of bot.heard()) {
        heard.push(each.type === 'press' ? each.button : each.command);
        if (heard.length === 3) break;
      }
      expect(heard).toHaveLength(3);
      expect(heard).toEqual(expect.arrayContaining(['yes', { name: 'pay', args: '5 now' }]));
      await bot.editButtons(sent, 'Paid.');
      await first(person, 'changed', ({ entry }) => 'buttons' in entry.body && entry.body.buttons.text.text === 'Paid.' && entry.body.buttons.rows.length === 0);
      const ended = bot.events().next();
      await server.revokeFirst(name);
      await expect((async () => { for (let next = await ended; !next.done; next = await bot.events().next()); })()).rejects.toMatchObject({ reason: 'revoked' });
      expect(codeOf(await open({ token }).catch((error: unknown) => error))).toBe('session_revoked');
    });

    test('people send no buttons', async () => {
      const [one, other] = await pair();
      const refused = await one.send(other.user, 'Press me', { buttons: [[{ label: 'x', does: { press: 'x' } }]] }).catch((error: unknown) => error);
      expect(codeOf(refused)).toBe('forbidden');
    });
  });

  describe('groups, people, files', () => {
    test('a group is made and spoken in', async () => {
      const [ada, bob] = await pair();
      const group = await ada.createGroup('Kitchen', [bob.user]);
      await first(bob, 'notice', ({ entry }) => 'group_created' in entry.body);
      await ada.send(group, `Hello, @${bob.user}`, { mentions: [bob.user] });
      const message = await first(bob, 'message');
      expect([message.conversation, message.kind, message.mentionsMe]).toEqual([group, 'group', true]);
      expect((await bob.members(group)).map(({ user, role }) => [user, role])).toEqual([[ada.user, 'owner'], [bob.user, 'member']]);
      expect(bob.chat(group)?.title).toBe('Kitchen');
    });

    test('contacts are asked and answered', async () => {
      const [ada, bob] = await pair();
      await ada.requestContact(bob.user, 'It is me');
      const notice = await first(bob, 'notice');
      expect([notice.kind, notice.author]).toEqual(['feed', ada.user]);
      await bob.answerContact(ada.user, true);
      expect((await ada.contacts()).map(({ user }) => user)).toEqual([bob.user]);
      expect((await ada.presences([bob.user])).map(({ state }) => state)).toEqual(['online']);
    });

    test('a file arrives byte for byte', async () => {
      const [ada, bob] = await pair();
      const bytes = new Uint8Array(3_000_000).map((_, at) => at % 251);
      await ada.sendFile(bob.user, new Blob([bytes]), { name: 'plan.bin', caption: 'The plan' });
      const message = await first(bob, 'message');
      const info = 'media' in message.entry.body ? message.entry.body.media.info : null;
      expect([info?.name, info?.bytes, message.text]).toEqual(['plan.bin', bytes.length, 'The plan']);
      expect(Buffer.compare(Buffer.from(await (await bob.download(info!)).arrayBuffer()), Buffer.from(bytes))).toBe(0);
    });
  });

  test('what was not handled comes again after a restart of the program, and what was does not', async () => {
    const [ada, bot] = await people('ada', 'bot');
    const writer = await open({ token: ada!.token });
    for (let number = 0; number < 40; number += 1) await writer.send(bot!.user, String(number));
    const handled: string[] = [];
    for (const most of [7, 40]) {
      const client = await open({ token: bot!.token });
      for await (const message of client.messages()) {
        if (handled.length === most) break;
        handled.push(message.text);
        if (handled.length === 40) break;
      }
      await wait(400);
      await client.close();
    }
    expect(handled).toEqual(Array.from({ length: 40 }, (_, number) => String(number)));
  });

  test('two talk while the server is killed, and each message arrives once and in order', async () => {
    const messages = 80;
    const [ada, bob] = await pair();
    const talk = async (client: Client, to: Client): Promise<number[]> => {
      const sent = [];
      for (let number = 0; number < messages; number += 1) {
        sent.push(client.send(to.user, `${client.user} ${number}`));
        await wait(10);
      }
      return (await Promise.all(sent)).map(({ seq }) => seq);
    };
    const listen = async (client: Client): Promise<string[]> => {
      const heard: string[] = [];
      for await (const event of client.events()) {
        if (event.type === 'message' && !event.mine) heard.push(event.text);
        if (heard.length === messages) break;
      }
      return heard;
    };
    const kill = async (): Promise<void> => {
      for (let kills = 0; kills < 3; kills += 1) {
        await wait(300);
        await server.kill();
        await wait(100);
        await server.start();
      }
    };
    const [ofAda, ofBob, toAda, toBob] = await Promise.all([talk(ada, bob), talk(bob, ada), listen(ada), listen(bob), kill()]);
    expect(toBob).toEqual(Array.from({ length: messages }, (_, number) => `${ada.user} ${number}`));
    expect(toAda).toEqual(Array.from({ length: messages }, (_, number) => `${bob.user} ${number}`));
    expect([...ofAda, ...ofBob].sort((a, b) => a - b)).toEqual(Array.from({ length: 2 * messages }, (_, at) => at + 1));
    expect(ada.pending).toEqual([]);
    expect((await ada.history(ada.chats[0]!.id, { limit: 200 })).length).toBe(2 * messages);
  });

  test('events end when the client is closed', async () => {
    const [ada] = await people('ada');
    const client = await open({ token: ada!.token });
    const events: ClientEvent[] = [];
    setTimeout(() => void client.close(), 100);
    for await (const event of client.events()) events.push(event);
    await expect(client.send('bob', 'too late')).rejects.toBeInstanceOf(Over);
  });
});
