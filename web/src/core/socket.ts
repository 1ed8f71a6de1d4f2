// The one connection to the server: hello, silence, coming back, and which reply belongs to which request. It knows nothing of
// what the frames mean.

import type { Answer, Auth, ClientFrame, Command, CommandResult, Device, Key, Lsn, Query, Refused, Resume, ServerFrame, Welcome } from './protocol';
import { Problem } from './problem';

/** After so long without anything said, a ping. */
export const PING_MS = 25_000;
/** After so long without anything heard although a ping was sent, the connection is dead. */
export const DEAD_MS = 55_000;
/** A connection that is not there by then is tried anew. */
const CONNECT_MS = 15_000;
export const BACKOFF_MIN_MS = 500;
export const BACKOFF_MAX_MS = 30_000;
/** A request that is not answered by then is given up by whoever waits; a submit is sent again under its key. */
export const REPLY_MS = 10_000;
/** `WebSocket.OPEN`; a higher state is closing or closed. */
const OPEN = 1;
/** More requests than that do not wait for the connection. */
const WAITING_MAX = 256;

/** Full jitter: anything from nothing to the exponential bound, so that not everybody comes back at once. */
export function backoff(attempt: number, random: () => number): number {
  const bound = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(attempt, 16));
  return Math.max(BACKOFF_MIN_MS / 5, random() * bound);
}

export interface Outcome {
  lsn: Lsn;
  duplicate: boolean;
  result: CommandResult;
}

/** What a socket needs of the world. */
export interface SocketWorld {
  open(): WebSocket;
  /** How a client that is no page of the server says who it is, and what it is called. A page has its cookie. */
  hello?(): { auth: Auth; client: string };
  device(): Device;
  /** Where this device stopped; none when it has nothing. */
  resume(): Resume | null;
  now(): number;
  random(): number;
}

/** What a socket tells. */
export interface SocketEvents {
  welcome(welcome: Welcome, resumed: boolean): void;
  frame(frame: ServerFrame): void;
  state(state: 'online' | 'connecting' | 'offline'): void;
  /** The server wants no more of this session: `hello` was refused for good. */
  refused(refused: Refused): void;
}

interface Waiting {
  resolve(value: never): void;
  reject(problem: Problem): void;
  timer: ReturnType<typeof setTimeout>;
  submit: boolean;
}

/** Refusals of a `hello` that trying again does not cure. */
const FINAL = new Set(['unauthenticated', 'token_expired', 'session_revoked', 'suspended', 'protocol_version', 'bad_frame']);

export class Socket {
  private socket: WebSocket | null = null;
  private open = false;
  private wanted = false;
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private pulse: ReturnType<typeof setInterval> | null = null;
  private heard = 0;
  private said = 0;
  private nonce = 0;
  private request = 0;
  private window = 64;
  private submits = 0;
  private readonly waiting = new Map<number, Waiting>();
  private readonly queue: Array<() => void> = [];
  /** Asked while a connection is being made: sent when it is there, refused when it does not come. */
  private readonly early: Array<{ send(): void; reject(problem: Problem): void }> = [];

  constructor(private readonly world: SocketWorld, private readonly events: SocketEvents) {}

  get online(): boolean {
    return this.open;
  }

  start(): void {
    this.wanted = true;
    if (!this.socket && !this.retry) this.connect();
  }

  stop(): void {
    this.wanted = false;
    this.drop();
    this.events.state('offline');
  }

  /** Does not wait for the back-off: the network is back, or somebody looks again. */
  hurry(): void {
    if (!this.wanted || this.socket) return;
    this.attempt = 0;
    this.connect();
  }

  submit(command: Command, key: Key): Promise<Outcome> {
    return this.ask((request) => ({ submit: { request, key, command } }), true);
  }

  query(query: Query): Promise<Answer> {
    return this.ask((request) => ({ query: { request, query } }), false);
  }

  /** A frame that is not answered; lost when there is no connection. */
  tell(frame: ClientFrame): boolean {
    if (!this.open) return false;
    this.write(frame);
    return true;
  }

  private ask<T>(frame: (request: number) => ClientFrame, submit: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!this.open && !this.socket) return reject(new Problem('offline', 'There is no connection to the server; try again when it is back.'));
      if (this.queue.length + this.early.length >= WAITING_MAX) return reject(new Problem('overloaded', 'Too much is waiting; try again in a moment.', 1_000));
      const send = (): void => {
        const request = (this.request = (this.request % 0xffff_ffff) + 1);
        const timer = setTimeout(() => {
          this.settle(request)?.reject(new Problem('timeout', 'The server did not answer in time; try again.'));
        }, REPLY_MS);
        if (submit) this.submits += 1;
        this.waiting.set(request, { resolve: resolve as (value: never) => void, reject, timer, submit });
        this.write(frame(request));
      };
      const inTurn = (): void => void (submit && this.submits >= this.window ? this.queue.push(send) : send());
      if (this.open) inTurn();
      else this.early.push({ send: inTurn, reject });
    });
  }

  private settle(request: number): Waiting | undefined {
    const waiting = this.waiting.get(request);
    if (!waiting) return undefined;
    this.waiting.delete(request);
    clearTimeout(waiting.timer);
    if (waiting.submit) {
      this.submits -= 1;
      this.queue.shift()?.();
    }
    return waiting;
  }

  private write(frame: ClientFrame): void {
    this.said = this.world.now();
    // One that is closing takes nothing more; what waits for an answer is told when it is closed.
    if (this.socket && this.socket.readyState <= OPEN) this.socket.send(JSON.stringify(frame));
  }

  private connect(): void {
    if (this.retry) clearTimeout(this.retry);
    this.retry = null;
    this.events.state('connecting');
    let socket: WebSocket;
    try {
      socket = this.world.open();
    } catch {
      return this.again(null);
    }
    this.socket = socket;
    const late = setTimeout(() => this.lost(socket, null), CONNECT_MS);
    let after: number | null = null;
    const resume = this.world.resume();
    const hello = () => {
      socket.onopen = null;
      const { auth, client } = this.world.hello?.() ?? { auth: { cookie: {} }, client: 'tidings-web' };
      this.write({ hello: { auth, device: this.world.device(), resume, client } });
    };
    socket.onopen = hello;
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket || typeof data !== 'string') return;
      this.heard = this.world.now();
      const frame = JSON.parse(data) as ServerFrame;
      if ('welcome' in frame) {
        clearTimeout(late);
        this.welcome(frame.welcome, resume !== null);
      } else if ('closing' in frame) after = frame.closing.retry_after_ms;
      else if ('kicked' in frame) this.wanted = false;
      else if ('refused' in frame && frame.refused.fatal) {
        after = frame.refused.retry_after_ms;
        if (FINAL.has(frame.refused.code)) {
          this.wanted = false;
          this.events.refused(frame.refused);
        }
      }
      this.route(frame);
    };
    socket.onclose = () => {
      clearTimeout(late);
      this.lost(socket, after);
    };
    // One that was begun before there was a core may be there.
    if (socket.readyState === OPEN) hello();
  }

  private welcome(welcome: Welcome, resumed: boolean): void {
    this.open = true;
    this.attempt = 0;
    this.window = welcome.limits.window;
    this.said = this.world.now();
    this.pulse = setInterval(() => this.beat(), PING_MS / 5);
    this.events.state('online');
    this.events.welcome(welcome, resumed);
    for (const { send } of this.early.splice(0)) send();
  }

  private route(frame: ServerFrame): void {
    if ('outcome' in frame) {
      const { request, lsn, duplicate, result } = frame.outcome;
      // Told before whoever waits for it goes on, so that the cursor has moved by then.
      this.events.frame(frame);
      this.settle(request)?.resolve({ lsn, duplicate, result } as never);
    } else if ('answer' in frame) this.settle(frame.answer.request)?.resolve(frame.answer.answer as never);
    else if ('refused' in frame) {
      const { request, code, message, retry_after_ms } = frame.refused;
      if (request !== null) this.settle(request)?.reject(new Problem(code, message, retry_after_ms));
    } else this.events.frame(frame);
  }

  private beat(): void {
    const now = this.world.now();
    if (now - this.heard > DEAD_MS && this.socket) return this.lost(this.socket, null);
    if (now - this.said >= PING_MS) this.write({ ping: { nonce: (this.nonce += 1) } });
  }

  private lost(socket: WebSocket, after: number | null): void {
    if (socket !== this.socket) return;
    this.drop();
    if (this.wanted) this.again(after);
    else this.events.state('offline');
  }

  private again(after: number | null): void {
    const wait = (after ?? 0) + backoff(this.attempt, this.world.random);
    this.attempt += 1;
    this.socket = null;
    this.events.state('offline');
    this.retry = setTimeout(() => this.connect(), wait);
  }

  private drop(): void {
    if (this.retry) clearTimeout(this.retry);
    if (this.pulse) clearInterval(this.pulse);
    this.retry = null;
    this.pulse = null;
    this.open = false;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.queue.length = 0;
    const problem = new Problem('offline', 'The connection broke; try again when it is back.');
    for (const request of [...this.waiting.keys()]) this.settle(request)?.reject(problem);
    for (const { reject } of this.early.splice(0)) reject(problem);
    this.submits = 0;
  }
}
