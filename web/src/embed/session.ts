// One user's session in this frame: the core's connection, log and outbox, without a disk. The token lives in memory alone, so that
// nobody who uses the browser next finds it; when the session has ended the page is asked for another one.

import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { actionsOf } from '../core/actions';
import { ask, caller, request } from '../core/api';
import type { ConversationState } from '../core/conversation';
import type { Event } from '../core/events';
import { newKey, ServerClock } from '../core/key';
import { LastWords } from '../core/lastwords';
import { Leader } from '../core/leader';
import type { To, Words } from '../core/model';
import { Pressing } from '../core/pressing';
import { Problem, problemOf } from '../core/problem';
import type { ConversationId, Device, EndReason, Seq, UserId } from '../core/protocol';
import { Reading, Typing } from '../core/reading';
import { backoff } from '../core/socket';
import { prepared } from '../core/shrink';
import { State } from '../core/state';
import { ThreadState } from '../core/thread';
import { me } from './core';
import type { Host } from './host';

/** Refusals after which another token helps. */
const LOST = new Set(['unauthenticated', 'token_expired', 'session_revoked']);
/** What passes by itself. */
const PASSING = new Set(['offline', 'timeout', 'overloaded', 'unavailable', 'rate_limited']);
/** Log-ins that are refused one after another, before somebody has to ask for the next. */
const TRIES = 3;
const TAB = 'widget';
/** A large file on a slow line. */
const FILE_PATIENCE_MS = 10 * 60_000;

export type Phase =
  | { is: 'starting' }
  | { is: 'running' }
  /** The page could not say who this is, or the server does not take it. */
  | { is: 'refused'; problem: Problem }
  /** The session was ended elsewhere. */
  | { is: 'ended'; reason: EndReason };

interface Opened {
  token: string;
  user: UserId;
  time: number;
}

const ignore = (): void => undefined;

/** Ends a session. The page takes the frame away without waiting for long: what was said is sent all the same. */
const close = (token: string): Promise<unknown> =>
  fetch('/api/v1/sessions/current', { method: 'DELETE', keepalive: true, credentials: 'omit', headers: { Authorization: `Bearer ${token}` } }).catch(ignore);

export class Session {
  readonly phase = signal<Phase>({ is: 'starting' });
  readonly state = signal<State | null>(null);
  readonly shown = signal(false);
  /** The server could not be reached for the log-in. */
  readonly unreached = signal(false);
  private readonly clock = new ServerClock(() => Date.now());
  private leader: Leader | null = null;
  private token = '';
  /** What was pressed under messages of this user's chats. */
  readonly pressing = new Pressing((row, button) => ask('POST', `/conversations/${row.conversation}/entries/${row.seq}/presses`, { body: { button } }));
  /** What was asked for and refused, until somebody has read it. */
  readonly problem = signal<Problem | null>(null);
  private order = 0;
  /** What was said before there was a session. */
  private readonly early: (() => void)[] = [];
  private over = false;
  /** A log-in whose session is not taken up yet. */
  private opening: Promise<Opened> | null = null;
  private readonly reading = new Reading(() => this.watched(), () => Date.now(), (conversation, seq) => this.read(conversation, seq));
  private readonly typer = new Typing(() => Date.now(), (conversation, active) => this.call({ tell: { typing: { conversation, active } } }));

  /** What can be done, as the chat itself does it. */
  private readonly actions = actionsOf({
    state: () => {
      const state = this.state.peek();
      if (!state) throw new Problem('offline', 'The chat has not started yet; try again.');
      return state;
    },
    call: async <T>(call: Parameters<Leader['serve']>[0]) => {
      if (!this.leader) throw new Problem('offline', 'The chat has not started yet; try again.');
      return (await this.leader.serve(call, TAB)) as T;
    },
    newKey: () => newKey(this.clock.now()),
    now: () => this.clock.now(),
    order: () => (this.order += 1),
    read: (conversation, seq) => this.read(conversation, seq),
    typing: (conversation, active) => this.typer.typing(conversation, active),
    draft: ignore,
  });
  readonly edit = this.actions.edit;
  readonly recall = this.actions.recall;
  readonly react = this.actions.react;
  readonly typing = this.actions.typing;
  readonly retry = (key: string): void => this.act(this.actions.retry(key));
  readonly discard = (key: string): void => this.act(this.actions.discard(key));

  /** One chat and no list. */
  readonly one = signal<To | null>(null);
  /** The chat that is shown; none is the list. */
  readonly place = signal<To | null>(null);
  /** Not read, of everything or of one chat. */
  readonly unread: ReadonlySignal<number>;

  constructor(private readonly host: Host, private readonly device: Device, one: To | null) {
    this.one.value = this.place.value = one;
    caller.credentials = 'omit';
    this.unread = computed(() => {
      const only = this.one.value;
      return only ? (this.chat(only)?.unread.value ?? 0) : (this.state.value?.attention.value.count ?? 0);
    });
    effect(() => { me.value = this.state.value?.me.value ?? null; });
    document.addEventListener('visibilitychange', () => this.look());
    addEventListener('online', () => this.call({ hurry: null }));
    addEventListener('pagehide', () => this.leave());
    // A page that comes back as it was begins anew.
    addEventListener('pageshow', (event) => {
      if ((event as PageTransitionEvent).persisted) location.reload();
    });
  }

  /** The conversation of a place, when there is one. Subscribes. */
  chat(to: To): ConversationState | null {
    const state = this.state.value;
    return (state && ('user' in to ? state.direct(to.user).value : state.conversation(to.conversation).value)) ?? null;
  }

  /** The page has chosen a chat. Where there is a list, it leads back there. */
  go(to: To): void {
    if (this.one.peek()) this.one.value = to;
    this.place.value = to;
  }

  show(shown: boolean): void {
    this.shown.value = shown;
    this.look();
  }

  /** Logs in, at the start and when a session has ended; what waits to be sent stays. */
  async begin(): Promise<void> {
    this.phase.value = { is: 'starting' };
    try {
      const opened = await this.logIn();
      // Nobody is there any more to use it.
      if (this.over) return;
      this.opening = null;
      const before = this.state.peek();
      // Somebody else is logged in to the page by now: nothing of the last one stays.
      if (before && before.user !== opened.user) return location.reload();
      this.bear(opened.token);
      this.clock.learn(opened.time);
      if (!this.leader) this.make(opened.user);
      this.leader?.start();
      for (const said of this.early.splice(0)) said();
      this.phase.value = { is: 'running' };
      this.look();
    } catch (error) {
      if (!this.over) this.phase.value = { is: 'refused', problem: problemOf(error) };
    }
  }

  /** Ends the session, also one that is being opened: its user has logged out of the page. */
  async end(): Promise<void> {
    this.over = true;
    const { token, opening } = this;
    this.bear('');
    const opened = opening?.then((late) => close(late.token), ignore);
    await Promise.all([this.leader?.stop(), token !== '' && close(token), opened]);
  }

  /** The page goes, and the token with it: nobody could use the session any more. */
  private leave(): void {
    void this.leader?.stop();
    if (this.token !== '') void close(this.token);
  }

  // --- What pages call ---

  /** Does something whose failure is told, until something else is done. */
  act(doing: Promise<unknown>): void {
    this.problem.value = null;
    doing.catch((error: unknown) => { this.problem.value = problemOf(error); });
  }

  send(to: To, words: Words): void {
    this.say(() => this.actions.send(to, { markdown: true, ...words }));
  }

  /** Sends files one after the other, as answers to what is answered. */
  sendFiles(to: To, files: readonly File[], reply_to: Seq | null): void {
    this.say(async () => {
      for (const file of files) {
        const { blob, kind } = await prepared(file);
        await this.actions.sendFile(to, blob, { name: file.name, caption: { text: '', reply_to }, ...(kind ? { kind } : {}) });
      }
    });
  }

  /** Whose presence is shown. */
  watch(users: UserId[]): void {
    this.call({ watch: users });
  }

  openThread(conversation: ConversationState): ThreadState {
    const { id } = conversation;
    return new ThreadState(conversation, {
      history: async (from, to, limit) => void (await this.leader?.serve({ history: { conversation: id, from, to, limit } }, TAB)),
      entryAt: () => Promise.resolve(0),
      seen: (seq) => this.reading.see(id, seq),
      closed: () => this.reading.leave(id),
    }, 'unread');
  }

  /** A file, which only the session's token opens. */
  async file(path: string): Promise<Blob> {
    if (this.over) throw new Problem('unauthenticated', 'The user of the page has logged out.');
    return (await request('GET', path, { patienceMs: FILE_PATIENCE_MS })).blob();
  }

  // --- Its life ---

  /** What was said before there is a session waits for it. */
  private say(doing: () => Promise<unknown>): void {
    if (this.leader) this.act(doing());
    else this.early.push(() => this.act(doing()));
  }

  private bear(token: string): void {
    this.token = token;
    caller.headers = token === '' ? {} : { Authorization: `Bearer ${token}` };
  }

  private async logIn(): Promise<Opened> {
    for (let attempt = 0, refused = 0; ; attempt += 1) {
      const signed = await this.host.token();
      try {
        if (signed === null) throw new Problem('unauthenticated', 'The page gave no token; its `token` function failed.');
        if (this.over) throw new Problem('unauthenticated', 'The user of the page has logged out.');
        this.bear('');
        const opened = await (this.opening = ask<Opened>('POST', '/sessions', { body: { signed, device: this.device } }));
        this.unreached.value = false;
        return opened;
      } catch (error) {
        if (this.over) throw error;
        const problem = problemOf(error);
        const passing = PASSING.has(problem.code);
        refused += passing ? 0 : 1;
        this.unreached.value = passing;
        if (!passing && (!LOST.has(problem.code) || refused === TRIES)) throw problem;
        await new Promise((resolve) => setTimeout(resolve, Math.max(problem.retryAfterMs ?? 0, backoff(attempt, Math.random))));
      }
    }
  }

  private make(user: UserId): void {
    const state = new State(user, () => Date.now(), (users) => this.call({ query: { users: { users } } }));
    this.state.value = state;
    this.leader = new Leader(
      user,
      state,
      {
        open: () => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`, 'tidings.v1.json'),
        hello: () => ({ auth: { token: this.token }, client: 'tidings-widget' }),
        device: () => this.device,
        now: () => Date.now(),
        random: () => Math.random(),
        clock: this.clock,
        openDb: () => Promise.reject(new Error('memory')),
        lastWords: new LastWords({ getItem: () => null, setItem: ignore, removeItem: ignore }),
      },
      {
        emit: (events: Event[]) => {
          for (const event of events) state.apply(event);
        },
        message: ignore,
        ended: (reason) => {
          // The page asks again where nobody has decided that this device is out.
          if (reason === 'expired') void this.begin();
          else this.phase.value = { is: 'ended', reason };
        },
        refused: ({ code, message }) => {
          if (LOST.has(code)) void this.begin();
          else this.phase.value = { is: 'refused', problem: new Problem(code, message) };
        },
        welcome: ignore,
      },
    );
  }

  private look(): void {
    this.call({ watched: this.watched() });
    if (this.watched()) this.reading.look();
  }

  private watched(): boolean {
    return this.shown.peek() && document.visibilityState === 'visible';
  }

  private call(call: Parameters<Leader['serve']>[0]): void {
    void this.leader?.serve(call, TAB)?.catch(ignore);
  }

  private read(conversation: ConversationId, seq: number): void {
    const known = this.state.peek()?.get(conversation);
    if (!known || seq === 0) return;
    const { read, marked_unread } = known.meta.peek().inbox;
    if (seq <= read && !marked_unread) return;
    this.state.peek()?.apply({ reading: { conversation, seq } });
    this.call({ tell: { read: { conversation, seq } } });
  }
}
