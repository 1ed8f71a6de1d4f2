// What can stand in place of the word before the caret: people after @, emoji after a colon.

import { ask, store, type ConversationId, type ConversationView, type OfferedCommand, type UserId } from '../core';
import { locale, t } from '../i18n';
import { findEmoji, type Emoji } from '../ui/emoji';
import { isAssistant, me, nameIn } from './words';

/** One thing to choose. `put` takes the place of the word; a face or a character stands before the name. */
export interface Choice {
  key: string;
  name: string;
  hint: string;
  put: string;
  user?: UserId;
  char?: string;
}

/** The word that is being typed before the caret, if it asks for something. */
export interface Asked {
  kind: 'mention' | 'emoji' | 'command';
  /** Where it begins in the text. */
  at: number;
  words: string;
  /** `:smile:`, all of it: it is an emoji without a choice. */
  whole: boolean;
}

const CHOICES_MAX = 20;
const EMOJI_MAX = 8;
const MENTION = /(?:^|\s)@([^\s@]{0,64})$/u;
const CODE = /(?:^|\s):([a-z0-9_+-]{2,32})(:?)$/iu;

export function askedAt(text: string, caret: number): Asked | null {
  const before = text.slice(0, caret);
  const command = /^\/([\w-]*)$/.exec(before)?.[1];
  if (command !== undefined) return { kind: 'command', at: 0, words: command.toLowerCase(), whole: false };
  const mention = MENTION.exec(before)?.[1];
  if (mention !== undefined) return { kind: 'mention', at: caret - mention.length - 1, words: mention, whole: false };
  const [, code, end] = CODE.exec(before) ?? [];
  return code === undefined ? null : { kind: 'emoji', at: caret - code.length - 1 - (end?.length ?? 0), words: code.toLowerCase(), whole: end === ':' };
}

const mayNameAll = (view: ConversationView): boolean => view.meta.value.kind === 'group' && view.meta.value.role !== 'member';

/** The members that a beginning fits; everybody for those who may. */
export function peopleFor(view: ConversationView, words: string): Choice[] {
  if (view.meta.value.kind !== 'group') return [];
  const wanted = words.toLocaleLowerCase();
  const fits = (...names: string[]) => names.some((name) => name.toLocaleLowerCase().includes(wanted));
  const people = (view.members.value ?? [])
    .filter(({ user }) => user !== me())
    .map(({ user }): Choice => ({ key: user, user, name: nameIn(view, user), hint: `@${user}`, put: `@${user} ` }))
    .filter(({ user = '', name }) => fits(name, user, store.person(user).value.displayName));
  const all: Choice[] = mayNameAll(view) && fits(t('chat.everybody'), 'all') ? [{ key: '', char: '@', name: t('chat.everybody'), hint: '', put: '@all ' }] : [];
  return [...all, ...people].slice(0, CHOICES_MAX);
}

/** What an assistant does for one reader, and what the bots here offer. What would put what already stands is no choice: Enter sends it. */
export const commandsFor = (view: ConversationView, words: string, offered: readonly OfferedCommand[]): Choice[] =>
  [...assistantCommands(view), ...offered.map(choiceOf)].filter(({ key, put }) => key.startsWith(words) && put !== `/${words}`).slice(0, CHOICES_MAX);

/** A command takes its place with a space behind it where it wants more. */
const choiceOf = ({ bot, command: { name, description, hint } }: OfferedCommand): Choice =>
  ({ key: `${name}/${bot}`, user: bot, name: description, hint: hint ? `/${name} ${hint}` : `/${name}`, put: hint ? `/${name} ` : `/${name}` });

const assistantCommands = (view: ConversationView): Choice[] =>
  isAssistant(view) || store.assistants.value.length === 0 ? [] : [
    { key: 'summarise', char: '/', name: t('chat.commandSummarise'), hint: '/summarise', put: '/summarise' },
    { key: 'translate', char: '/', name: t('chat.commandTranslate'), hint: `/translate ${locale() === 'zh' ? 'Chinese' : 'English'}`, put: `/translate ${locale() === 'zh' ? 'Chinese' : 'English'}` },
  ];

const OFFERED_MS = 30_000;
const offers = new Map<number, { at: number; commands: Promise<readonly OfferedCommand[]> }>();

/** What the bots of a conversation offer; asked again after a while. Nothing when it cannot be had: then one writes it out. */
export function offeredIn(conversation: ConversationId): Promise<readonly OfferedCommand[]> {
  const known = offers.get(conversation);
  if (known && Date.now() - known.at < OFFERED_MS) return known.commands;
  const commands = ask<{ commands: OfferedCommand[] }>('GET', `/conversations/${conversation}/commands`).then(({ commands }) => commands, () => {
    offers.delete(conversation);
    return [];
  });
  offers.set(conversation, { at: Date.now(), commands });
  return commands;
}

/** The emoji whose codes begin with a word, then those that have it in their names. */
export const emojiFor = (all: readonly Emoji[], words: string): Choice[] =>
  findEmoji(all, words.replaceAll('_', ' '), EMOJI_MAX).map(({ char, name, codes }) => ({ key: char, char, name, hint: codes[0] ? `:${codes[0]}:` : '', put: `${char} ` }));

/** The one emoji with a code. */
export const emojiOf = (all: readonly Emoji[], code: string): string | null => all.find(({ codes }) => codes.includes(code))?.char ?? null;
