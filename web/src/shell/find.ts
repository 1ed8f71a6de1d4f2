// What the switcher can go to for some words: chats first, then contacts without one, then pages, then the messages themselves.

import { store, type ConversationView, type UserId } from '../core';
import { type PlainKey, t } from '../i18n';
import { paths } from '../router';

export type Found =
  | { kind: 'chat'; key: string; view: ConversationView }
  | { kind: 'person'; key: string; user: UserId; name: string }
  | { kind: 'page'; key: string; label: string; path: string }
  | { kind: 'messages'; key: string; text: string };

const CHATS_MAX = 8;
const PEOPLE_MAX = 6;

const PAGES: readonly { label: PlainKey; path: string; administrator?: true }[] = [
  { label: 'common.contacts', path: paths.contacts },
  { label: 'common.settings', path: paths.settings() },
  { label: 'common.console', path: paths.console(), administrator: true },
];

/** Case and width do not matter: Ａda is ada. */
const plain = (text: string): string => text.normalize('NFKC').toLocaleLowerCase();
const contains = (words: string, ...names: (string | null | undefined)[]): boolean => names.some((name) => name && plain(name).includes(words));

export function find(text: string): Found[] {
  const words = plain(text.trim());
  const chats = store.conversations.value.filter((view) => !words || contains(words, view.title.value, view.meta.value.peer)).slice(0, CHATS_MAX);
  if (!words) return chats.map((view) => ({ kind: 'chat', key: `c${view.id}`, view }));
  const session = store.session.value;
  const talked = new Set(store.conversations.value.map((view) => view.meta.value.peer));
  const people = (store.contacts.value ?? [])
    .filter(({ user }) => !talked.has(user) && contains(words, store.person(user).value.name, store.person(user).value.displayName, user))
    .slice(0, PEOPLE_MAX);
  return [
    ...chats.map((view): Found => ({ kind: 'chat', key: `c${view.id}`, view })),
    ...people.map(({ user }): Found => ({ kind: 'person', key: `u${user}`, user, name: store.person(user).value.name })),
    ...PAGES.filter((page) => contains(words, t(page.label)) && (!page.administrator || (session.state === 'in' && session.administrator)))
      .map((page): Found => ({ kind: 'page', key: page.path, label: t(page.label), path: page.path })),
    { kind: 'messages', key: 'messages', text: text.trim() },
  ];
}
