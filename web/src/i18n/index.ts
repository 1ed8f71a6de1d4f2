// The words of the client in the reader's language. `t('area.word', {name})` reads a signal, so a switch of the language redraws what
// is on the screen. The words come in pieces: those of the log-in, of the chats, and of the pages that are opened from there.

import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import common from './en/common';
import type { Area, AreaName, Key, Params, Sentence } from './types';

export type { Key, PlainKey } from './types';
export type Locale = 'en' | 'zh';
/** What a reader can choose; `system` follows the browser. */
export type Language = Locale | 'system';

/** Languages by their own names. */
export const LANGUAGES: readonly { locale: Locale; name: string; tag: string }[] = [
  { locale: 'en', name: 'English', tag: 'en' },
  { locale: 'zh', name: '简体中文', tag: 'zh-CN' },
];

/** `problems` are the server's refusals, for languages other than its own. */
type Loaded = Partial<Record<AreaName | 'problems', Area>>;
/** The English words that everything has in common are always there. */
const FIRST: Loaded = { common };
type Piece = 'first' | 'log-in' | 'chats' | 'pages';
const PIECES: Record<Locale, Record<Piece, () => Promise<{ default: Loaded }>>> = {
  en: { first: () => Promise.resolve({ default: FIRST }), 'log-in': () => import('./en/before'), chats: () => import('./en'), pages: () => import('./en/pages') },
  zh: { first: () => import('./zh'), 'log-in': () => import('./zh'), chats: () => import('./zh'), pages: () => import('./zh/pages') },
};
/** An area of each: whether the piece is there. */
const MARK: Record<Piece, AreaName> = { first: 'common', 'log-in': 'auth', chats: 'chat', pages: 'groups' };
const wanted = new Set<Piece>(['first']);
let chosen: Locale = 'en';

const current = signal<{ locale: Locale; words: Loaded }>({ locale: 'en', words: FIRST });

/** The language on the screen. */
export const locale = (): Locale => current.value.locale;
/** Its BCP 47 tag, for `Intl` and `lang`. */
export const tag = (): string => LANGUAGES.find((entry) => entry.locale === current.value.locale)?.tag ?? 'en';

function localeOf(choice: Language): Locale {
  if (choice !== 'system') return choice;
  return navigator.languages.find((name) => /^(zh|en)\b/i.test(name))?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

async function show(next: Locale): Promise<void> {
  chosen = next;
  const pieces = await Promise.all([...wanted].map((piece) => PIECES[next][piece]()));
  // Another language was chosen meanwhile: that one comes.
  if (next !== chosen) return show(chosen);
  current.value = { locale: next, words: Object.assign({}, ...pieces.map(({ default: words }) => words)) as Loaded };
  if (typeof document !== 'undefined') document.documentElement.lang = tag();
}

/** Brings more words, before the first page that needs them is drawn. */
export async function loadWords(piece: Piece): Promise<void> {
  wanted.add(piece);
  const { locale: now, words } = current.peek();
  if (now !== chosen || !words[MARK[piece]]) await show(chosen);
}

/** The code of a page with its words. */
export const withWords = async <T>(code: Promise<T>): Promise<T> => (await Promise.all([code, loadWords('pages'), loadWords('log-in')]))[0];

/** Shows another language, live. Who keeps the choice is the core (`preferences.language`). */
export const setLanguage = (choice: Language): Promise<void> => show(localeOf(choice));

function sentence(key: Key, count: unknown): string {
  const dot = key.indexOf('.');
  const found: Sentence | undefined = current.value.words[key.slice(0, dot) as AreaName]?.[key.slice(dot + 1)];
  if (found === undefined) return key;
  if (typeof found === 'string') return found;
  const name = tag();
  if (!plurals.has(name)) plurals.set(name, new Intl.PluralRules(name));
  return found[plurals.get(name)!.select(Number(count))] ?? found.other;
}
/** Making one costs a hundred times what using it does. */
const plurals = new Map<string, Intl.PluralRules>();

const PLACE = /\{(\w+)\}/g;

/** A sentence in the reader's language. Numbers are written the way of the language. */
export function t<K extends Key>(key: K, ...[params]: Params<K>): string {
  const values = (params ?? {}) as Record<string, string | number>;
  return sentence(key, values.count).replace(PLACE, (_, place: string) => {
    const value = values[place];
    return typeof value === 'number' ? number(value) : (value ?? '');
  });
}

/** The same with elements in its places: a link or a name in the middle of a sentence. */
export function rich<K extends Key>(key: K, ...[params]: Params<K, ComponentChildren>): ComponentChildren[] {
  const values = (params ?? {}) as Record<string, ComponentChildren>;
  return sentence(key, values.count).split(PLACE).map((part, index) => (index % 2 ? values[part] : part));
}

/** Why something failed, for people: in their language where there is a sentence for it, else in the words of whoever refused. */
export function problemWords(error: unknown): string {
  const code = error !== null && typeof error === 'object' && 'code' in error ? String(error.code) : '';
  const known = current.value.words.problems?.[code];
  if (known) return (known as string).replace('{reason}', () => (error as Error).message);
  return error instanceof Error ? error.message : String(error);
}

/** A number the way of the language: 12,345. */
export function number(value: number, options?: Intl.NumberFormatOptions): string {
  const name = `${tag()} ${JSON.stringify(options)}`;
  const made = numbers.get(name) ?? new Intl.NumberFormat(tag(), options);
  numbers.set(name, made);
  return made.format(value);
}
const numbers = new Map<string, Intl.NumberFormat>();

/** Names as a list: A, B and C. */
export const list = (items: string[], type: 'conjunction' | 'disjunction' = 'conjunction'): string =>
  new Intl.ListFormat(tag(), { type }).format(items);

/** Bytes for people: 3.4 MB. */
export function bytes(value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  const step = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log10(value) / 3));
  return number(value / 1000 ** step, { style: 'unit', unit: units[step] ?? 'byte', unitDisplay: step ? 'short' : 'long', maximumFractionDigits: value / 1000 ** step < 10 && step ? 1 : 0 });
}

export { clock, date, dateTime, day, duration, relative, shortTime } from './time';
