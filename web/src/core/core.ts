// The core of one tab: who is logged in, the state, and either the lead or a line to the tab that has it.

import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { keptAs, type Account, type End } from './account';
import { actionsOf } from './actions';
import { Attention } from './attention';
import { Db } from './db';
import type { Event } from './events';
import { newId, newKey, ServerClock } from './key';
import { LastWords } from './lastwords';
import { Leader, type Call } from './leader';
import type { PreferenceStore } from './preferences';
import { Problem } from './problem';
import type { Push } from './push';
import { Drafts, Reading, Typing } from './reading';
import { State } from './state';
import type { Actions, Store } from './store';
import { Tabs, type Channel, type TabsWorld } from './tabs';
import { ThreadState } from './thread';
import type { UserId } from './protocol';
import { Updates } from './updates';

/** What a core needs of the browser. Tests give their own. */
export interface World {
  storage: Storage | TabsWorld['storage'];
  locks: TabsWorld['locks'];
  channel(name: string): Channel | null;
  open(): WebSocket;
  /** A connection that was made ahead is not needed: another tab leads. */
  hangUp?(): void;
  now(): number;
  random(): number;
  /** Shows another address of the client. */
  goTo(path: string): void;
  /** Whether somebody looks at this tab. */
  watched(): boolean;
}

/** Web push is looked at when the page has come to rest. */
const PUSH_AFTER_MS = 2_000;

/** Answers nobody waits for. */
const ignore = (): void => undefined;

export class Core {
  readonly store: Store;
  readonly actions: Actions;
  private readonly clock: ServerClock;
  private readonly tab = newId();
  private readonly state = signal<State>(this.newState(''));
  private readonly updates = new Updates();
  /** Few visits need it: it is loaded a while after the start. */
  private pushed: Promise<Push> | null = null;
  private readonly pushState = signal<Push['state']['value']>('unknown');
  private readonly attention: Attention;
  private readonly reading: Reading;
  private readonly typing: Typing;
  private readonly drafts: Drafts;
  private readonly lastWords: LastWords;
  private readonly watchers = new Map<symbol, readonly UserId[]>();
  private tabs: Tabs<Call, Event | Told> | null = null;
  private leader: Promise<Leader> | null = null;
  /** Whose state it is, as what is kept of them is called; nobody's is empty. */
  private name = '';
  private written = 0;
  private ended: Promise<void> = Promise.resolve();

  constructor(private readonly world: World, private readonly account: Account, private readonly preferences: PreferenceStore) {
    this.clock = new ServerClock(() => world.now());
    this.lastWords = new LastWords(world.storage);
    account.listener = {
      opened: () => this.tabs?.tell([{ opened: {} }]),
      over: (end) => this.tabs?.tell([{ over: end }]),
    };
    this.attention = new Attention(() => this.preferences.value.peek(), world);
    this.reading = new Reading(() => world.watched(), () => world.now(), (conversation, seq) => this.read(conversation, seq));
    this.typing = new Typing(() => world.now(), (conversation, active) => this.say({ tell: { typing: { conversation, active } } }));
    this.drafts = new Drafts(() => world.now(), (conversation, draft) => {
      this.state.peek().apply({ draft: { conversation, draft } });
      this.say({ event: { draft: { conversation, draft } } });
    });
    this.store = this.makeStore();
    this.actions = this.makeActions();
  }

  /** Begins: finds the other tabs. */
  start(): void {
    this.tabs = new Tabs<Call, Event | Told>(
      { ...this.tabsWorld(), id: this.tab },
      {
        lead: () => this.lead(),
        unlead: () => void this.unlead(),
        serve: (call, tab) => this.serve(call, tab),
        heard: (event) => this.heard(event),
        led: () => {
          this.world.hangUp?.();
          this.follow();
        },
        left: (tab) => void this.leader?.then((leader) => leader.left(tab), ignore),
      },
    );
    // Whoever is logged in has a state of their own; nothing of one user is seen by the next.
    effect(() => {
      const session = this.account.session.value;
      const name = session.state === 'in' ? keptAs(session.app, session.user) : '';
      if (name !== this.name) this.become(session.state === 'in' ? session.user : '', name);
    });
    this.tabs.start();
    this.updates.start();
    setTimeout(() => void this.push().then((push) => push.look(), ignore), PUSH_AFTER_MS);
  }

  /** Somebody looks at the page again, or no more. */
  look(): void {
    this.say({ watched: this.world.watched() });
    this.reading.look();
  }

  /** The network is back, or somebody comes back after a while. */
  wake(): void {
    this.look();
    this.say({ hurry: null });
  }

  /** Another tab changed the storage of this browser. */
  stored(key: string | null): void {
    if (this.preferences.isAbout(key)) this.preferences.reload();
  }

  /** The page goes. */
  stop(): void {
    const words = this.drafts.flush();
    // The tab that leads now hears it and goes on; when it is this one, the next must find it.
    if (this.tabs?.leads) this.lastWords.keep(this.name, words);
    this.tabs?.close();
    void this.leader?.then((leader) => leader.stop(), ignore);
  }

  // --- Who it is ---

  private newState(user: UserId): State {
    return new State(user, () => this.world.now(), (users) => this.say({ query: { users: { users } } }));
  }

  private become(user: UserId, name: string): void {
    const before = this.name;
    const { farewell } = this.account;
    this.drafts.flush();
    this.ended = this.stopLeading().then(() => (before && user === '' && this.tabs?.leads ? this.forget(before, farewell) : undefined));
    this.name = name;
    this.state.value = this.newState(user);
    if (user === '') return;
    if (this.tabs?.leads) this.lead();
    else this.follow();
  }

  /** A session is over: what was kept for it goes from this device. */
  private async forget(name: string, what: End['farewell']): Promise<void> {
    if (what === 'nothing') return;
    await this.updates.clearCaches();
    if (what === 'all') {
      this.lastWords.forget(name);
      return Db.delete(name).catch(ignore);
    }
    const db = await Db.open(name).catch(() => null);
    await db?.clearCache().catch(ignore);
    db?.close();
  }

  // --- Leading and following ---

  private lead(): void {
    const state = this.state.peek();
    if (state.user === '' || this.leader) return;
    const leader = this.makeLeader(state);
    this.leader = leader;
    leader.catch(() => {
      // Its code could not be loaded: the next call tries again.
      if (this.leader === leader) this.leader = null;
    });
    this.say({ watched: this.world.watched() });
    this.watch();
  }

  private async makeLeader(state: State): Promise<Leader> {
    const { world, name } = this;
    const leader = new Leader(
      state.user,
      state,
      {
        clock: this.clock, now: () => world.now(), random: () => world.random(), open: () => world.open(),
        device: () => this.account.device(),
        // Not before what the last session left is gone.
        openDb: () => this.ended.then(() => Db.open(name)),
        lastWords: { of: () => this.lastWords.of(name), forget: () => this.lastWords.forget(name) },
      },
      {
        emit: (events) => {
          for (const event of events) state.apply(event);
          this.tabs?.tell(events);
        },
        message: (conversation, entry) => this.attention.message(state, conversation, entry),
        ended: (reason, by) => this.account.ended(reason, by),
        refused: (refused) => this.account.refused(refused),
        welcome: ({ session }) => this.account.welcomed(session),
      },
    );
    if (this.state.peek() === state) leader.start();
    return leader;
  }

  private async stopLeading(): Promise<void> {
    const { leader } = this;
    this.leader = null;
    await leader?.then((old) => old.stop(), ignore);
  }

  private async unlead(): Promise<void> {
    await this.stopLeading();
    this.follow();
  }

  private async serve(call: Call, tab: string): Promise<unknown> {
    if (!this.leader) this.lead();
    if (!this.leader) throw new Problem('unauthenticated', 'Nobody is logged in here; log in.');
    return (await this.leader).serve(call, tab);
  }

  /** What the tab that leads knows, for a tab that has just come. */
  private follow(): void {
    const state = this.state.peek();
    if (state.user === '' || this.tabs?.leads) return;
    void this.tabs?.ask<Event[]>({ snapshot: null }).then((events) => {
      if (this.state.peek() === state) for (const event of events) state.apply(event);
      this.say({ watched: this.world.watched() });
      this.watch();
    }, ignore);
  }

  private heard(event: Event | Told): void {
    if ('opened' in event) void this.account.probe();
    else if ('over' in event) this.account.over(event.over);
    else this.state.peek().apply(event);
  }

  private call<T>(call: Call): Promise<T> {
    return this.tabs?.ask<T>(call) ?? Promise.reject(new Problem('offline', 'The page has not started yet.'));
  }

  private say(call: Call): void {
    if (this.state.peek().user !== '') this.call(call).catch(ignore);
  }

  private read(conversation: number, seq: number): void {
    const known = this.state.peek().get(conversation);
    if (!known || seq === 0) return;
    const { read, marked_unread } = known.meta.peek().inbox;
    if (seq <= read && !marked_unread) return;
    this.state.peek().apply({ reading: { conversation, seq } });
    this.say({ event: { reading: { conversation, seq } } });
    this.say({ tell: { read: { conversation, seq } } });
  }

  private push(): Promise<Push> {
    this.pushed ??= import('./push').then(({ Push }) => {
      const push = new Push();
      effect(() => { this.pushState.value = push.state.value; });
      return push;
    });
    this.pushed.catch(() => { this.pushed = null; });
    return this.pushed;
  }

  private watch(): void {
    this.say({ watch: [...new Set([...this.watchers.values()].flat())] });
  }

  private tabsWorld(): Omit<TabsWorld, 'id'> {
    const { storage, locks, channel, now } = this.world;
    return { storage, locks, channel, now };
  }

  // --- What pages see ---

  private makeStore(): Store {
    const { state, account } = this;
    const of = <T>(read: (state: State) => ReadonlySignal<T>): ReadonlySignal<T> => computed(() => read(state.value).value);
    return {
      session: account.session,
      server: account.server,
      preferences: this.preferences.value,
      updateReady: this.updates.ready,
      push: this.pushState,
      connection: of((now) => now.connection),
      me: of((now) => now.me),
      conversations: of((now) => now.conversations),
      ready: of((now) => now.ready),
      assistants: of((now) => now.assistants),
      contacts: of((now) => now.people.contacts),
      blocked: of((now) => now.people.blocked),
      labels: of((now) => now.labels),
      requestsIn: of((now) => now.requestsIn),
      requestsOut: of((now) => now.requestsOut),
      requestsUnread: of((now) => now.requestsUnread),
      feed: of((now) => now.feed),
      attention: of((now) => now.attention),
      unsent: of((now) => now.unsent),
      durable: of((now) => now.durable),
      conversation: (id) => state.value.conversation(id),
      direct: (user) => state.value.direct(user),
      person: (user) => state.value.people.person(user),
      profile: (user) => state.value.people.profile(user),
      presence: (user) => state.value.people.presence(user),
      watch: (users) => {
        const mark = Symbol();
        this.watchers.set(mark, users);
        this.watch();
        return () => {
          this.watchers.delete(mark);
          this.watch();
        };
      },
      openThread: (id, at) => {
        const conversation = state.peek().get(id);
        if (!conversation) throw new Problem('not_found', 'This conversation is not known here; load it first.');
        const world = {
          history: (from: number | null, to: number | null, limit: number) =>
            this.call<void>({ history: { conversation: id, from, to, limit } }),
          entryAt: async (time: number) => {
            const answer = await this.call<{ place?: { seq: number } }>({ query: { entry_at: { conversation: id, at: time } } });
            return answer.place?.seq ?? 0;
          },
          seen: (seq: number) => this.reading.see(id, seq),
          closed: () => this.reading.leave(id),
        };
        return new ThreadState(conversation, world, at);
      },
    };
  }

  private makeActions(): Actions {
    const { account } = this;
    const push = () => this.push();
    return {
      ...actionsOf({
        state: () => this.state.peek(),
        call: (call) => this.call(call),
        newKey: () => newKey(this.clock.now()),
        now: () => this.clock.now(),
        order: () => (this.written = Math.max(this.written + 1, this.world.now() * 8)),
        read: (conversation, seq) => this.read(conversation, seq),
        typing: (conversation, active) => this.typing.typing(conversation, active),
        draft: (conversation, draft) => this.drafts.set(conversation, draft),
      }),
      logOut: async () => {
        await push().then((now) => now.off()).catch(ignore);
        await account.logOut();
      },
      changePassword: (old, next) => account.changePassword(old, next),
      deleteAccount: (password) => account.delete(password),
      reconnect: () => this.say({ hurry: null }),
      setPreferences: (change) => this.preferences.set(change),
      allowNotifications: () => this.attention.allow(),
      pushOn: async () => (await push()).on(this.preferences.value.peek().showText),
      pushOff: async () => (await push()).off(),
      pushTest: async () => (await push()).test(),
      update: () => this.updates.apply(),
    };
  }
}

/** What tabs tell each other besides events. */
type Told = { opened: Record<string, never> } | { over: End };
