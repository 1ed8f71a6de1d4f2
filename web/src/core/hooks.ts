// Webhooks into a conversation, over REST: for those who manage it.

import { ask, queryOf } from './api';
import type { ConversationId, Name, Timestamp, UserId } from './protocol';

export interface Hook {
  hook: number;
  conversation: ConversationId;
  name: Name;
  /** Under which id it posts. */
  user: UserId;
  by: UserId;
  created: Timestamp;
  /** Until when the address before this one posts, too. */
  old_secret_until?: Timestamp;
}
/** With the address, which is told once. */
export type HookWithAddress = Hook & { url: string };
export interface HookCall {
  at: Timestamp;
  dialect: string;
  posts: number;
  problem?: string;
}

const of = (conversation: ConversationId, hook?: number): string => `/conversations/${conversation}/hooks${hook === undefined ? '' : `/${hook}`}`;

export const hooks = {
  list: async (conversation: ConversationId) => (await ask<{ hooks: Hook[] }>('GET', of(conversation))).hooks,
  create: (conversation: ConversationId, name: Name) => ask<HookWithAddress>('POST', of(conversation), { body: { name } }),
  /** Another address; the old one posts for a day, too, or ends at once. */
  rotate: ({ conversation, hook }: Hook, endOld: boolean) => ask<HookWithAddress>('POST', `${of(conversation, hook)}/rotation${queryOf({ end_old: endOld || null })}`),
  delete: ({ conversation, hook }: Hook) => ask<void>('DELETE', of(conversation, hook)),
  /** Newest first, since the server was started. */
  calls: async ({ conversation, hook }: Hook) => (await ask<{ calls: HookCall[] }>('GET', `${of(conversation, hook)}/calls`)).calls,
};
