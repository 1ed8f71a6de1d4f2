// Who is named in a text. A mention stands in the text as @ and the id.

import type { ConversationView, UserId } from '../core';

const MENTION = /@([A-Za-z0-9_.@-]{1,64})/g;

/** Whom a text names: the members whose ids stand in it. */
export function mentionsIn(view: ConversationView, text: string): { mentions: UserId[]; mention_all: boolean } {
  if (view.meta.peek().kind !== 'group') return { mentions: [], mention_all: false };
  const words = new Set([...text.matchAll(MENTION)].map(([, word = '']) => word.toLowerCase()));
  const mentions = (view.members.peek() ?? []).filter(({ user }) => words.has(user.toLowerCase()) || words.has(`${user.toLowerCase()}.`)).map(({ user }) => user);
  return { mentions, mention_all: words.has('all') && view.meta.peek().role !== 'member' };
}
