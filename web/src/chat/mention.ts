// Who can be mentioned, and who is in a text. A mention stands in the text as @ and the id.

import { store, type ConversationView, type UserId } from '../core';
import { t } from '../i18n';
import { me, nameIn } from './words';

export interface Choice {
  /** None is everybody. */
  user: UserId | null;
  name: string;
}

const CHOICES_MAX = 20;
const WORD = /(?:^|\s)@([^\s@]{0,64})$/u;
const MENTION = /@([A-Za-z0-9_.@-]{1,64})/g;

/** The mention that is being typed before the caret. */
export function mentionAt(text: string, caret: number): { at: number; words: string } | null {
  const found = WORD.exec(text.slice(0, caret));
  return found ? { at: caret - (found[1] ?? '').length - 1, words: found[1] ?? '' } : null;
}

const mayNameAll = (view: ConversationView): boolean => view.meta.value.kind === 'group' && view.meta.value.role !== 'member';

/** The members that a beginning fits; everybody for those who may. */
export function everybody(view: ConversationView, words: string): Choice[] {
  if (view.meta.value.kind !== 'group') return [];
  const wanted = words.toLocaleLowerCase();
  const fits = (...names: string[]) => names.some((name) => name.toLocaleLowerCase().includes(wanted));
  const people = (view.members.value ?? [])
    .filter(({ user }) => user !== me())
    .map(({ user }): Choice => ({ user, name: nameIn(view, user) }))
    .filter(({ user, name }) => fits(name, user ?? '', store.person(user ?? '').value.displayName));
  const all: Choice[] = mayNameAll(view) && fits(t('chat.everybody'), 'all') ? [{ user: null, name: t('chat.everybody') }] : [];
  return [...all, ...people].slice(0, CHOICES_MAX);
}

/** Whom a text names: the members whose ids stand in it. */
export function mentionsIn(view: ConversationView, text: string): { mentions: UserId[]; mention_all: boolean } {
  if (view.meta.peek().kind !== 'group') return { mentions: [], mention_all: false };
  const words = new Set([...text.matchAll(MENTION)].map(([, word = '']) => word.toLowerCase()));
  const mentions = (view.members.peek() ?? []).filter(({ user }) => words.has(user.toLowerCase()) || words.has(`${user.toLowerCase()}.`)).map(({ user }) => user);
  return { mentions, mention_all: words.has('all') && view.meta.peek().role !== 'member' };
}
