// Who is logged in: asking the server, logging in and out. The session lives in a cookie that this code cannot read.

import { signal } from '@preact/signals';
import { ask } from './api';
import type { AppId, Device, EndReason, Me, Refused, SessionId, UserId } from './protocol';
import type { ServerInfo, Session } from './model';
import { Problem, problemOf } from './problem';

const USER = 'tidings.user';
const APP = 'tidings.app';
const DEVICE = 'tidings.device';
/** The server's own app. */
const HOME = 1;

export interface AccountWorld {
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  newId(): string;
  /** What people call this device, for the list of sessions. */
  deviceName: string;
}

/** Who else must know. */
export interface AccountListener {
  /** Other tabs must look again who is logged in. */
  opened(): void;
  /** It is over for all tabs. */
  over(end: End): void;
}

/** How a session ended, and what goes from this device with it: everything, what can be had again, or nothing. */
export interface End {
  session: Session;
  farewell: 'all' | 'cache' | 'nothing';
}

/** Under which name things of a user are kept: another app's user of the same id is somebody else. No id has a stroke in it. */
export const keptAs = (app: AppId, user: UserId): string => (app === HOME ? user : `${app}/${user}`);

interface Opened {
  app: AppId;
  session: SessionId;
  user: UserId;
  administrator: boolean;
}
/** The answer of `GET /server`. */
interface ServerAnswer {
  name: string;
  version: string;
  url: string;
  registration: ServerInfo['registration'];
  /** There is no administrator yet. */
  needs_setup: boolean;
  password_chars_min: number;
  administrator_password_chars_min: number;
}

export class Account {
  readonly session = signal<Session>({ state: 'loading' });
  readonly server = signal<ServerInfo | null>(null);
  farewell: End['farewell'] = 'nothing';
  listener: AccountListener | null = null;
  private probing = 0;

  constructor(private readonly world: AccountWorld) {}

  /** This device, made once. */
  device(): Device {
    let id = this.world.storage.getItem(DEVICE);
    if (!id) this.world.storage.setItem(DEVICE, (id = this.world.newId()));
    return { id, platform: 'web', name: this.world.deviceName };
  }

  /** Who was logged in here last, as `keptAs` names them, to show what is kept before the server answers. */
  lastUser(): string | null {
    return this.world.storage.getItem(USER);
  }

  /** The app that somebody logged in to here last, by its name; nothing for the server's own. */
  lastApp(): string {
    return this.world.storage.getItem(APP) ?? '';
  }

  /** Asks the server who this is. What is kept of the last user is shown meanwhile, and stays when there is no network. */
  async probe(): Promise<void> {
    const probe = (this.probing += 1);
    const last = this.lastUser();
    if (last && this.session.peek().state !== 'in') {
      const [user, app] = last.split('/').reverse();
      this.session.value = { state: 'in', app: Number(app ?? HOME), user: user!, session: null, administrator: false };
    }
    try {
      const me = await ask<Pick<Me, 'profile' | 'administrator'> & { app: AppId }>('GET', '/me');
      if (probe === this.probing) this.in(me.app, me.profile.user, null, me.administrator);
    } catch (error) {
      if (probe === this.probing) await this.notIn(problemOf(error), last !== null);
    }
  }

  /** `app` is a name or number; nothing for the server's own. */
  async logIn(user: string, password: string, app = ''): Promise<void> {
    await this.open('/sessions', { user, password, ...(app ? { app } : {}) });
    if (app) this.world.storage.setItem(APP, app);
    else this.world.storage.removeItem(APP);
  }

  async register(account: { user: string; name: string | null; password: string; code: string | null }): Promise<void> {
    await this.open('/accounts', account);
  }

  async setUp(account: { token: string; user: string; name: string | null; password: string }): Promise<void> {
    await ask('POST', '/setup', { body: account });
    await this.logIn(account.user, account.password);
  }

  usePasswordLink(token: string, password: string): Promise<{ app: AppId; user: UserId }> {
    return ask('POST', '/password-links', { body: { token, password } });
  }

  async changePassword(old: string, next: string): Promise<void> {
    await ask('PUT', '/me/password', { body: { old, new: next } });
  }

  /** Ends the session on the server. Without a network it ends here alone, and the cookie with the next answer. */
  async logOut(): Promise<void> {
    try {
      await ask('DELETE', '/sessions/current');
    } catch (error) {
      const { code } = problemOf(error);
      if (!['unauthenticated', 'session_revoked', 'token_expired'].includes(code)) throw error;
    }
    this.out({ state: 'out' }, 'all');
  }

  async delete(password: string): Promise<void> {
    await ask('POST', '/me/deletion', { body: { password } });
    this.out({ state: 'kicked', reason: 'account_deleted', by: null }, 'all');
  }

  /** The socket says that the session is over. */
  ended(reason: EndReason, by: string | null): void {
    if (reason === 'replaced_by_same_device') this.out({ state: 'kicked', reason, by }, 'nothing');
    else if (reason === 'logged_out') this.out({ state: 'out' }, 'all');
    else this.out({ state: 'kicked', reason, by }, reason === 'revoked' || reason === 'account_deleted' ? 'all' : 'cache');
  }

  refused({ code, message }: Refused): void {
    if (code === 'unauthenticated') this.out({ state: 'out' }, 'cache');
    else if (code === 'token_expired') this.out({ state: 'kicked', reason: 'expired', by: null }, 'cache');
    else if (code === 'session_revoked') this.out({ state: 'kicked', reason: 'revoked', by: null }, 'all');
    else if (code === 'suspended') this.out({ state: 'kicked', reason: 'suspended', by: null }, 'cache');
    else this.session.value = { state: 'unreachable', problem: new Problem(code, message) };
  }

  welcomed(session: SessionId): void {
    const held = this.session.peek();
    if (held.state === 'in' && held.session !== session) this.session.value = { ...held, session };
  }

  async askServer(): Promise<ServerAnswer | null> {
    try {
      const answer = await ask<ServerAnswer>('GET', '/server');
      const { name, version, url, registration } = answer;
      this.server.value = {
        name, version, url, registration,
        passwordMin: answer.password_chars_min,
        administratorPasswordMin: answer.administrator_password_chars_min,
      };
      return answer;
    } catch {
      return null;
    }
  }

  private async open(path: string, body: object): Promise<void> {
    const opened = await ask<Opened>('POST', path, { body: { ...body, device: this.device(), cookie: true } });
    this.in(opened.app, opened.user, opened.session, opened.administrator);
    this.listener?.opened();
  }

  private in(app: AppId, user: UserId, session: SessionId | null, administrator: boolean): void {
    this.world.storage.setItem(USER, keptAs(app, user));
    const held = this.session.peek();
    const known = held.state === 'in' && held.app === app && held.user === user ? held.session : null;
    this.session.value = { state: 'in', app, user, session: session ?? known, administrator };
    void this.askServer();
  }

  /** What was written and not sent outlives a session that only ran out. */
  private out(session: Session, farewell: End['farewell']): void {
    this.over({ session, farewell });
    this.listener?.over({ session, farewell });
  }

  /** It is over; another tab may have said so. */
  over({ session, farewell }: End): void {
    if (farewell !== 'nothing') this.world.storage.removeItem(USER);
    this.probing += 1;
    this.farewell = farewell;
    this.session.value = session;
  }

  private async notIn(problem: Problem, kept: boolean): Promise<void> {
    if (problem.status === 401 || problem.code === 'suspended') {
      this.world.storage.removeItem(USER);
      if (this.session.peek().state === 'in') this.farewell = 'cache';
      const answer = await this.askServer();
      if (problem.code === 'suspended') this.session.value = { state: 'kicked', reason: 'suspended', by: null };
      else this.session.value = { state: answer?.needs_setup ? 'setup' : 'out' };
    } else if (!kept) this.session.value = { state: 'unreachable', problem };
  }
}
