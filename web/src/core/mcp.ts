// Tokens for MCP, over REST: what opens some of one's conversations for a program with a language model.

import { ask } from './api';
import type { ConversationId, Name, Timestamp } from './protocol';

export type McpAccess = 'read' | 'read_and_send';
export interface McpToken {
  token: number;
  name: Name;
  conversations: ConversationId[];
  access: McpAccess;
  created: Timestamp;
  used: Timestamp | null;
  expires: Timestamp | null;
  /** Whether it opens anything now. */
  open: boolean;
}
/** With its secret, which is told once, and where the program finds this server. */
export type MadeMcpToken = McpToken & { secret: string; url: string };
export type NewMcpToken = Pick<McpToken, 'name' | 'conversations' | 'access' | 'expires'>;

export const MCP_CONVERSATIONS_MAX = 64;

export const mcp = {
  list: async () => (await ask<{ tokens: McpToken[] }>('GET', '/mcp-tokens')).tokens,
  create: (token: NewMcpToken) => ask<MadeMcpToken>('POST', '/mcp-tokens', { body: token }),
  /** It opens nothing from then on. */
  revoke: ({ token }: McpToken) => ask<void>('DELETE', `/mcp-tokens/${token}`),
};
