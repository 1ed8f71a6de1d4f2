// What administrators see and do, over REST.

import { ask, queryOf, request } from './api';
import { Problem } from './problem';
import type { AppId, ConversationId, Epoch, Invite, InviteCode, Lsn, Name, SessionInfo, Strangers, Timestamp, UserId, UserKind } from './protocol';

const inApp = (app?: string): string => (app ? `?app=${encodeURIComponent(app)}` : '');
const webhooksOf = (app: string, webhook?: number): string => `/admin/apps/${of(app)}/webhooks${webhook === undefined ? '' : `/${webhook}`}`;
const of = (user: UserId): string => encodeURIComponent(user);

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
export type AppState = 'active' | 'suspended' | 'deleting';
export interface AppInfo {
  app: AppId;
  name: Name;
  created: Timestamp;
  state: AppState;
  settings: AppSettings;
}
/** How another system uses an app, and how much of the server. */
export interface AppAccess {
  users_max: number;
  commands_per_second: number;
  storage_bytes_max: number;
  signed_users: boolean;
  signed_age_max_ms: number;
}
export type AppKeyKind = 'api' | 'hs256' | 'eddsa';
/** A part of what a key opens. */
export type AppScope = 'users' | 'send' | 'act' | 'read' | 'settings';
export interface AppKey {
  key: number;
  kind: AppKeyKind;
  name: Name | null;
  created: Timestamp;
  used: Timestamp | null;
  /** What it opens; one that signs opens nothing. */
  scopes: AppScope[];
}
/** With its secret, which is told once; a key of which the server has the public half alone has none. */
export type MadeAppKey = AppKey & { secret?: string };
export interface AppUse {
  state: AppState;
  access: AppAccess;
  users: number;
  media_bytes: number;
  tokens_from: Timestamp;
  keys: AppKey[];
  /** From where pages of other systems may use it. */
  origins: string[];
}
export type HookAction = 'message_send' | 'contact_request' | 'member_add';
/** What is asked before users of an app do something. */
export interface BeforeHook {
  url: string;
  actions: HookAction[];
  timeout_ms: number;
  on_failure: 'open' | 'closed';
}
export type BeforeHookInfo = BeforeHook & { created: Timestamp; changed: Timestamp; old_secret_until?: Timestamp };
/** The secret is told when it is new. */
export type KeptBeforeHook = BeforeHookInfo & { secret?: string };
export interface HookTest {
  result: 'allowed' | 'refused' | 'replaced' | 'failed';
  reason?: string;
  ms: number;
}
/** A webhook of an app as it shall be. */
export interface WebhookSettings {
  url: string;
  name: Name | null;
  types: string[];
  conversations: ConversationId[];
  enabled: boolean;
}
export type Webhook = WebhookSettings & {
  webhook: number;
  /** Why the server has turned it off, if it has. */
  stopped: 'gone' | 'failing' | null;
  created: Timestamp;
  old_secret_until: Timestamp | null;
  waiting: number;
  dead: number;
  delivered: Timestamp | null;
  gap: Lsn | null;
};
export interface Delivery {
  at: Timestamp;
  event: string;
  type: string;
  attempt: number;
  taken: boolean;
  status: number | null;
  ms: number;
  words: string;
}
/** An event that was given up. */
export interface DeadLetter {
  id: string;
  conversation: ConversationId;
  tries: number;
  at: Timestamp;
  why: string;
}
/** With what a bot comes; the secret is told when it is made. */
export interface BotToken {
  token: number;
  name: Name;
  created: Timestamp;
  used: Timestamp;
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
/** How the server was in the last hour, the oldest first; every list has a number for each sample. */
export interface StatusHistory {
  every_ms: number;
  at: number[];
  connections: number[];
  commands_per_second: number[];
  commit_p99_us: number[];
  commands_queued: number[];
  queued_bytes: number[];
  file_bytes: number[];
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

/** How an assistant reaches its provider; what is absent has its default. */
export interface AssistantSettings {
  base_url: string;
  model: string;
  key?: { environment: string } | { file: string } | null;
  system_prompt?: string | null;
  temperature_hundredths?: number | null;
  context_tokens?: number;
  reply_tokens?: number;
  access?: 'everyone' | 'administrators' | { listed: UserId[] };
  questions_per_day?: number;
  tokens_per_day?: number;
  images?: boolean;
  parallel?: number;
}
export interface AssistantInfo {
  id: UserId;
  name: Name;
  created: Timestamp;
  settings: AssistantSettings;
}
export interface AssistantPreset {
  name: string;
  title: string;
  base_url: string;
  model: string;
  key_environment: string | null;
  context_tokens: number;
  images: boolean;
  note: string;
}
export interface AssistantTest {
  ok: boolean;
  steps: { step: string; ok: boolean; detail: string }[];
  models: string[];
}

/** Administration. The server decides whether the caller may; `app` is the name of an app, none is the server's own. */
export const admin = {
  status: () => ask<Status>('GET', '/admin/status'),
  /** All that is kept, or what came later than `after`. */
  statusHistory: (after?: Timestamp) => ask<StatusHistory>('GET', `/admin/status/history${queryOf({ after })}`),
  apps: () => ask<{ apps: AppInfo[] }>('GET', '/admin/apps'),
  app: (app: string) => ask<AppInfo>('GET', `/admin/apps/${of(app)}`),
  createApp: (name: Name) => ask<AppInfo>('POST', '/admin/apps', { body: { name } }),
  /** It goes in the background: the answer is empty. */
  deleteApp: async (app: string): Promise<void> => void (await request('DELETE', `/admin/apps/${of(app)}`)),
  suspendApp: (app: string, on: boolean) => ask<void>(on ? 'PUT' : 'DELETE', `/admin/apps/${of(app)}/suspension`),
  appUse: (app: string) => ask<AppUse>('GET', `/admin/apps/${of(app)}/access`),
  changeAccess: (app: string, change: Partial<AppAccess>) => ask<AppAccess>('PATCH', `/admin/apps/${of(app)}/access`, { body: change }),
  createKey: (app: string, key: { kind: AppKeyKind; name?: Name | null; public_key?: string; scopes?: readonly AppScope[] }) =>
    ask<MadeAppKey>('POST', `/admin/apps/${of(app)}/keys`, { body: key }),
  revokeKey: (app: string, key: number) => ask<void>('DELETE', `/admin/apps/${of(app)}/keys/${key}`),
  /** Signed tokens that were issued before now are refused. */
  revokeTokens: (app: string) => ask<{ before: Timestamp }>('POST', `/admin/apps/${of(app)}/token-revocation`, { body: {} }),
  origins: async (app: string) => (await ask<{ origins: string[] }>('GET', `/admin/apps/${of(app)}/origins`)).origins,
  setOrigins: async (app: string, origins: string[]) => (await ask<{ origins: string[] }>('PUT', `/admin/apps/${of(app)}/origins`, { body: { origins } })).origins,
  /** None when nobody is asked. */
  beforeHook: (app: string) =>
    ask<BeforeHookInfo>('GET', `/admin/apps/${of(app)}/before-hook`).catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'not_found') return null;
      throw error;
    }),
  setBeforeHook: (app: string, hook: BeforeHook) => ask<KeptBeforeHook>('PUT', `/admin/apps/${of(app)}/before-hook`, { body: hook }),
  removeBeforeHook: (app: string) => ask<void>('DELETE', `/admin/apps/${of(app)}/before-hook`),
  rotateBeforeHook: (app: string) => ask<KeptBeforeHook>('POST', `/admin/apps/${of(app)}/before-hook/rotation`),
  testBeforeHook: (app: string) => ask<HookTest>('POST', `/admin/apps/${of(app)}/before-hook/test`),
  webhooks: async (app: string) => (await ask<{ webhooks: Webhook[] }>('GET', webhooksOf(app))).webhooks,
  createWebhook: (app: string, settings: WebhookSettings) => ask<Webhook & { secret: string }>('POST', webhooksOf(app), { body: settings }),
  setWebhook: (app: string, webhook: number, settings: WebhookSettings) => ask<Webhook>('PUT', webhooksOf(app, webhook), { body: settings }),
  deleteWebhook: async (app: string, webhook: number): Promise<void> => void (await request('DELETE', webhooksOf(app, webhook))),
  rotateWebhook: (app: string, webhook: number) => ask<Webhook & { secret: string }>('POST', `${webhooksOf(app, webhook)}/rotation`),
  testWebhook: (app: string, webhook: number) => ask<Delivery>('POST', `${webhooksOf(app, webhook)}/test`, { patienceMs: 60_000 }),
  deliveries: async (app: string, webhook: number) => (await ask<{ deliveries: Delivery[] }>('GET', `${webhooksOf(app, webhook)}/deliveries`)).deliveries,
  deadLetters: (app: string, webhook: number, after: string | null = null) =>
    ask<{ dead: DeadLetter[]; next?: string | null }>('GET', `${webhooksOf(app, webhook)}/dead${queryOf({ after })}`),
  /** One event once more, or all that were given up. */
  replay: (app: string, webhook: number, event: string | null) =>
    ask<{ replayed: number }>('POST', `${webhooksOf(app, webhook)}/replay`, { body: event === null ? {} : { event } }),
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
  /** A link with which a user sets their password; told once. */
  passwordLink: (user: UserId, app?: string) =>
    ask<OneTimeLink>('POST', `/admin/users/${of(user)}/password-link${inApp(app)}`),
  sessions: (user: UserId, app?: string) =>
    ask<{ sessions: SessionInfo[] }>('GET', `/admin/users/${of(user)}/sessions${inApp(app)}`),
  endSessions: (user: UserId, app?: string) => ask<void>('DELETE', `/admin/users/${of(user)}/sessions${inApp(app)}`),
  tokens: async (bot: UserId) => (await ask<{ tokens: BotToken[] }>('GET', `/admin/users/${of(bot)}/tokens`)).tokens,
  createToken: async (bot: UserId, name: Name | null) => (await ask<{ secret: string }>('POST', `/admin/users/${of(bot)}/tokens`, { body: { name } })).secret,
  revokeToken: (bot: UserId, token: number) => ask<void>('DELETE', `/admin/users/${of(bot)}/tokens/${token}`),
  audit: (which: { before?: Lsn | null; limit?: number } = {}) =>
    ask<{ lines: AuditLine[]; next?: Lsn | null }>('GET', '/admin/audit' + queryOf(which)),
  assistants: () => ask<{ assistants: AssistantInfo[] }>('GET', '/admin/assistants'),
  assistantPresets: () => ask<{ presets: AssistantPreset[] }>('GET', '/admin/assistant-presets'),
  putAssistant: (id: UserId, assistant: { name: string | null; settings: AssistantSettings }) =>
    ask<AssistantInfo>('PUT', `/admin/assistants/${of(id)}`, { body: assistant }),
  removeAssistant: (id: UserId) => ask<void>('DELETE', `/admin/assistants/${of(id)}`),
  /** Tries settings, saved or not: which step failed, and what to change. */
  testAssistant: (id: UserId, settings: AssistantSettings) =>
    ask<AssistantTest>('POST', `/admin/assistants/${of(id)}/test`, { body: { settings }, patienceMs: 90_000 }),
  invites: (app?: string) => ask<{ invites: (Invite & { url: string })[] }>('GET', '/admin/invites' + inApp(app)),
  /** An invite code for new accounts, with its whole address. */
  createInvite: (invite: { expires?: Timestamp | null; uses_max?: number | null }, app?: string) =>
    ask<Invite & { url: string }>('POST', '/admin/invites' + inApp(app), { body: invite }),
  revokeInvite: (code: InviteCode, app?: string) => ask<void>('DELETE', `/admin/invites/${of(code)}${inApp(app)}`),
};
