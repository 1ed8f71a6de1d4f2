// The tabs of one browser share one session, and the server gives a session one connection. So one tab leads: it has the
// connection, the outbox and the database. The others ask it, hear what happens from it, and take over when it goes.

import { Problem } from './problem';

/** A lease that is not renewed for so long is free. (Only where there are no Web Locks.) */
export const LEASE_MS = 6_000;
export const RENEW_MS = 2_000;
/** A question that the leader does not answer by then is given up. */
const REPLY_MS = 20_000;
/** Unanswered questions of one tab. */
const WAITING_MAX = 256;
/** Two tabs that take a free lease at once: after this time it is clear whose name stands there. */
const SETTLE_MS = 100;
const NAME = 'tidings';

export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

export interface TabsWorld {
  /** Web Locks; missing on plain http beyond loopback. */
  locks: Pick<LockManager, 'request'> | null;
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  channel(name: string): Channel | null;
  now(): number;
  id: string;
}

export interface TabsEvents<Call, Event> {
  /** This tab leads from now on. */
  lead(): void;
  /** A call of another tab, for the one that leads. */
  serve(call: Call, tab: string): Promise<unknown>;
  /** What the tab that leads says happened. */
  heard(event: Event): void;
  /** This tab leads no more: it slept, and another took its place. */
  unlead(): void;
  /** There is a tab that leads, perhaps another than before. */
  led(): void;
  /** A tab is there no more (only told to the one that leads). */
  left(tab: string): void;
}

type Wire =
  | { call: unknown; from: string; number: number }
  | { reply: unknown; to: string; number: number }
  | { problem: { code: string; message: string; retryAfterMs: number | null }; to: string; number: number }
  | { events: unknown[] }
  | { leads: string }
  | { who: string }
  | { left: string };

interface Waiting {
  call: unknown;
  resolve(value: never): void;
  reject(problem: Problem): void;
  timer: ReturnType<typeof setTimeout>;
}

export class Tabs<Call, Event> {
  private leading = false;
  /** Nobody else was ever heard: a tab says so when it comes, and asks whoever takes the lead. */
  private alone = true;
  private closed = false;
  private number = 0;
  private readonly channel: Channel | null;
  private readonly waiting = new Map<number, Waiting>();
  private lease: ReturnType<typeof setInterval> | null = null;
  private release: (() => void) | null = null;

  constructor(private readonly world: TabsWorld, private readonly events: TabsEvents<Call, Event>) {
    this.channel = world.channel(NAME);
    if (this.channel) this.channel.onmessage = ({ data }) => this.hear(data as Wire);
  }

  get leads(): boolean {
    return this.leading;
  }

  start(): void {
    if (!this.channel) return this.lead();
    this.say({ who: this.world.id });
    if (this.world.locks) {
      void this.world.locks.request(`${NAME}-leader`, () => this.holdLock()).catch(() => this.startLease());
    } else this.startLease();
  }

  /** The page goes. */
  close(): void {
    this.closed = true;
    if (this.lease) clearInterval(this.lease);
    if (this.leading && !this.release) this.world.storage.removeItem(`${NAME}.leader`);
    this.leading = false;
    this.release?.();
    this.say({ left: this.world.id });
    this.channel?.close();
  }

  /** Asks the tab that leads, which may be this one. */
  ask<T>(call: Call): Promise<T> {
    if (this.leading) return this.events.serve(call, this.world.id) as Promise<T>;
    if (this.waiting.size >= WAITING_MAX) {
      return Promise.reject(new Problem('overloaded', 'Too much is waiting; try again in a moment.', 1_000));
    }
    return new Promise<T>((resolve, reject) => {
      const number = (this.number += 1);
      const timer = setTimeout(() => {
        this.waiting.delete(number);
        reject(new Problem('timeout', 'The tab that has the connection does not answer; try again.'));
      }, REPLY_MS);
      this.waiting.set(number, { call, resolve: resolve as (value: never) => void, reject, timer });
      this.say({ call, from: this.world.id, number });
    });
  }

  /** Tells all other tabs what happened. */
  tell(events: Event[]): void {
    if (events.length > 0 && !this.alone) this.say({ events });
  }

  private say(wire: Wire): void {
    this.channel?.postMessage(wire);
  }

  private hear(wire: Wire): void {
    if (this.closed) return;
    this.alone = false;
    if ('events' in wire) for (const event of wire.events) this.events.heard(event as Event);
    else if ('leads' in wire) this.follow();
    else if ('who' in wire) {
      if (this.leading) this.say({ leads: this.world.id });
    } else if ('left' in wire) {
      if (this.leading) this.events.left(wire.left);
    } else if ('call' in wire) {
      if (this.leading) void this.serve(wire.call as Call, wire.from, wire.number);
    } else if (wire.to === this.world.id) this.settle(wire);
  }

  private async serve(call: Call, from: string, number: number): Promise<void> {
    try {
      this.say({ reply: await this.events.serve(call, from), to: from, number });
    } catch (error) {
      const { code, message, retryAfterMs } = error instanceof Problem ? error : new Problem('unavailable', String(error));
      this.say({ problem: { code, message, retryAfterMs }, to: from, number });
    }
  }

  private settle(wire: Extract<Wire, { to: string }>): void {
    const waiting = this.waiting.get(wire.number);
    if (!waiting) return;
    this.waiting.delete(wire.number);
    clearTimeout(waiting.timer);
    if ('reply' in wire) waiting.resolve(wire.reply as never);
    else waiting.reject(new Problem(wire.problem.code as Problem['code'], wire.problem.message, wire.problem.retryAfterMs));
  }

  /** Somebody leads. What it did not answer is asked again: calls carry their keys, so nothing happens twice. */
  private follow(): void {
    if (this.leading) return;
    for (const [number, { call }] of this.waiting) this.say({ call, from: this.world.id, number });
    this.events.led();
  }

  private lead(): void {
    if (this.leading || this.closed) return;
    this.leading = true;
    this.events.lead();
    this.say({ leads: this.world.id });
    const asked = [...this.waiting.values()];
    this.waiting.clear();
    for (const { call, resolve, reject, timer } of asked) {
      clearTimeout(timer);
      this.events.serve(call as Call, this.world.id).then((value) => resolve(value as never), reject);
    }
  }

  /** Holds the lock until the page goes. */
  private holdLock(): Promise<void> {
    return new Promise((release) => {
      if (this.closed) return release();
      this.release = release;
      this.lead();
    });
  }

  private startLease(): void {
    const look = (): void => {
      if (this.closed) return;
      const { tab, until } = this.readLease();
      const now = this.world.now();
      if (tab === this.world.id) {
        this.writeLease();
        // The second look finds its own name: nobody else took it meanwhile.
        this.lead();
      } else if (until < now || until > now + 2 * LEASE_MS) this.writeLease();
      else if (this.leading) this.step();
    };
    look();
    setTimeout(look, SETTLE_MS);
    this.lease = setInterval(look, RENEW_MS / 2);
  }

  private step(): void {
    this.leading = false;
    this.events.unlead();
    this.say({ who: this.world.id });
  }

  private readLease(): { tab: string; until: number } {
    try {
      const { tab, until } = JSON.parse(this.world.storage.getItem(`${NAME}.leader`) ?? '') as { tab: string; until: number };
      return { tab, until };
    } catch {
      return { tab: '', until: 0 };
    }
  }

  private writeLease(): void {
    const lease = { tab: this.world.id, until: this.world.now() + LEASE_MS };
    this.world.storage.setItem(`${NAME}.leader`, JSON.stringify(lease));
  }
}
