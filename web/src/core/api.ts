// REST with the browser session's cookie. What has no command on the socket goes this way: logging in, accounts, files,
// administration.

import type {
  AppId, Code, Epoch, Invite, InviteCode, Lsn, MediaId, Name, SessionInfo, Strangers, Timestamp, UserId, UserKind,
} from './protocol';
import { Problem } from './problem';

const ROOT = '/api/v1';
/** A request that is not answered by then is given up; it can be repeated. */
const PATIENCE_MS = 20_000;

/** The address of a file, for `<img src>`, `<video src>` and downloads. */
export const mediaUrl = (media: MediaId): string => `${ROOT}/media/${media}/content`;
/** The address of the small picture of a picture (480 pixels at most). */
export const thumbnailUrl = (media: MediaId): string => `${ROOT}/media/${media}/thumbnail`;

export interface Asked {
  body?: unknown;
  key?: string;
  headers?: Record<string, string>;
  raw?: Blob;
  signal?: AbortSignal;
  patienceMs?: number;
}

/** One request. Gives the JSON of the answer (nothing for 204), or throws a `Problem`. */
export async function ask<T>(method: string, path: string, asked: Asked = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', ...asked.headers };
  if (asked.body !== undefined) headers['Content-Type'] = 'application/json';
  if (asked.key !== undefined) headers['Idempotency-Key'] = asked.key;
  const timeout = AbortSignal.timeout(asked.patienceMs ?? PATIENCE_MS);
  const init: RequestInit = {
    method,
    headers,
    credentials: 'same-origin',
    cache: 'no-store',
    signal: asked.signal ? AbortSignal.any([asked.signal, timeout]) : timeout,
  };
  if (asked.raw) init.body = asked.raw;
  else if (asked.body !== undefined) init.body = JSON.stringify(asked.body);
  let response: Response;
  try {
    response = await fetch(ROOT + path, init);
  } catch (error) {
    if (timeout.aborted) throw new Problem('timeout', 'The server did not answer in time; try again.');
    throw new Problem('offline', error instanceof Error ? error.message : 'The server cannot be reached; try again.');
  }
  if (!response.ok) throw await refusal(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

async function refusal(response: Response): Promise<Problem> {
  try {
    const { code, detail, retry_after_ms } = (await response.json()) as {
      code: Code; detail?: string; retry_after_ms?: number;
    };
    if (typeof code === 'string') return new Problem(code, detail ?? code, retry_after_ms ?? null, response.status);
  } catch {
    // Not one of ours: a proxy's page, or nothing.
  }
  const code = response.status === 401 ? 'unauthenticated' : response.status === 404 ? 'not_found' : 'unavailable';
  return new Problem(code, `The server answered with ${response.status}; try again.`, null, response.status);
}

const inApp = (app?: string): string => (app ? `?app=${encodeURIComponent(app)}` : '');
const of = (user: UserId): string => encodeURIComponent(user);

/** A query of what is there; what is undefined or null is left out. */
export function queryOf(fields: Record<string, string | number | boolean | null | undefined>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0 ? '' : '?' + new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

// --- What administrators see ------------------------------------------------------------------------------------------

export interface UserFlags {
  suspended: boolean;
  silenced: boolean;
  contacts_disabled: boolean;
}
export interface AccountInfo {
  app: AppId;
  id: UserId;
  name: Name;
  kind: UserKind;
  flags: UserFlags;
  administrator: boolean;
  /** Whether they can log in with a password. */
  password: boolean;
  deleted: boolean;
  sessions: number;
  created: Timestamp;
}
export interface AppSettings {
  login_policy: 'one' | 'two' | 'three' | 'all';
  recall_window_ms: number;
  edit_window_ms: number;
  message_bytes_max: number;
  group_members_max: number;
  registration: 'open' | 'invite' | 'closed';
  directory: 'open' | 'exact' | 'off';
  strangers: Strangers;
  contact_cooldown_ms: number;
  retention_ms: number;
  retention_entries: number;
  hold: boolean;
  media_bytes_max: number;
  media_quota_bytes: number;
}
export interface AppInfo {
  app: AppId;
  name: Name;
  created: Timestamp;
  settings: AppSettings;
}
export interface AuditLine {
  lsn: Lsn;
  at: Timestamp;
  actor: string;
  action: string;
  subject: string;
}
export interface Status {
  version: string;
  down?: string;
  epoch: Epoch;
  lsn: Lsn;
  connections: {
    open: number; sessions: number; queued_bytes: number; accepted: number; turned_away: number; logins: number;
    logins_refused: number; throttled: number; lagging: number; protocol_errors: number; timeouts: number;
  };
  commands: {
    accepted: number; refused: number; duplicates: number; queued: number; commits: number; commit_p50_us: number;
    commit_p99_us: number;
  };
  storage: { file_bytes: number; tail_entries: number; journal_rows: number; reopened: number };
}
export interface OneTimeLink {
  url: string;
  expires: Timestamp;
}
export interface NewUser {
  app?: string;
  user: UserId;
  name?: string | null;
  password?: string | null;
  administrator?: boolean;
  kind?: UserKind;
}

/** Administration. The server decides whether the caller may; `app` is the name of an app, none is the server's own. */
export const admin = {
  status: () => ask<Status>('GET', '/admin/status'),
  apps: () => ask<{ apps: AppInfo[] }>('GET', '/admin/apps'),
  settings: (app: string) => ask<AppSettings>('GET', `/admin/apps/${of(app)}/settings`),
  changeSettings: (app: string, change: Partial<AppSettings>) =>
    ask<AppSettings>('PATCH', `/admin/apps/${of(app)}/settings`, { body: change }),
  users: (which: { app?: string; prefix?: string; after?: string | null; limit?: number } = {}) =>
    ask<{ users: AccountInfo[]; next?: UserId | null }>('GET', '/admin/users' + queryOf(which)),
  user: (user: UserId, app?: string) => ask<AccountInfo>('GET', `/admin/users/${of(user)}${inApp(app)}`),
  createUser: (user: NewUser) => ask<AccountInfo>('POST', '/admin/users', { body: user }),
  deleteUser: (user: UserId, app?: string) => ask<void>('DELETE', `/admin/users/${of(user)}${inApp(app)}`),
  setFlags: (user: UserId, flags: Partial<UserFlags>, app?: string) =>
    ask<UserFlags>('PATCH', `/admin/users/${of(user)}/flags${inApp(app)}`, { body: flags }),
  setAdministrator: (user: UserId, administrator: boolean) =>
    ask<void>('PUT', `/admin/users/${of(user)}/administrator`, { body: { administrator } }),
  setPassword: (user: UserId, password: string, app?: string) =>
    ask<void>('PUT', `/admin/users/${of(user)}/password${inApp(app)}`, { body: { password } }),
  /** A link with which a user sets their password; told once. */
  passwordLink: (user: UserId, app?: string) =>
    ask<OneTimeLink>('POST', `/admin/users/${of(user)}/password-link${inApp(app)}`),
  sessions: (user: UserId, app?: string) =>
    ask<{ sessions: SessionInfo[] }>('GET', `/admin/users/${of(user)}/sessions${inApp(app)}`),
  endSessions: (user: UserId, app?: string) => ask<void>('DELETE', `/admin/users/${of(user)}/sessions${inApp(app)}`),
  audit: (which: { before?: Lsn | null; limit?: number } = {}) =>
    ask<{ lines: AuditLine[]; next?: Lsn | null }>('GET', '/admin/audit' + queryOf(which)),
  invites: (app?: string) => ask<{ invites: (Invite & { url: string })[] }>('GET', '/admin/invites' + inApp(app)),
  /** An invite code for new accounts, with its whole address. */
  createInvite: (invite: { expires?: Timestamp | null; uses_max?: number | null }, app?: string) =>
    ask<Invite & { url: string }>('POST', '/admin/invites' + inApp(app), { body: invite }),
  revokeInvite: (code: InviteCode, app?: string) => ask<void>('DELETE', `/admin/invites/${of(code)}${inApp(app)}`),
};

export const api = { ask, admin, mediaUrl, thumbnailUrl };
