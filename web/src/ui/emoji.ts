// The emoji by their names, for the picker and for `:smile:` in the composer.

import { locale } from '../i18n';

export interface Emoji {
  char: string;
  group: number;
  name: string;
  /** What a search looks into, in lower case. */
  words: string;
  /** Short codes, the first is the best: `smile` for `:smile:`. */
  codes: string[];
}

const loaded: Partial<Record<string, Promise<readonly Emoji[]>>> = {};

async function load(language: 'en' | 'zh'): Promise<readonly Emoji[]> {
  const { default: rows } = language === 'zh' ? await import('virtual:emoji-zh') : await import('virtual:emoji-en');
  return rows.map(([char, group, name, words, codes]) => ({ char, group, name, words: `${name} ${words} ${codes}`.toLowerCase(), codes: codes ? codes.split(' ') : [] }));
}

/** All emoji, named in the language on the screen. Asked for once; again when it failed. */
export function loadEmoji(): Promise<readonly Emoji[]> {
  const language = locale();
  const coming = (loaded[language] ??= load(language));
  coming.catch(() => delete loaded[language]);
  return coming;
}

/** Those that have all the words, the ones that begin with them first. */
export function findEmoji(all: readonly Emoji[], text: string, limit = 120): Emoji[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [];
  const first = wanted[0] ?? '';
  const rank = (emoji: Emoji) => (emoji.codes[0] === first ? 0 : emoji.name.toLowerCase().startsWith(first) || emoji.codes.some((code) => code.startsWith(first)) ? 1 : 2);
  return all
    .filter((emoji) => wanted.every((word) => emoji.words.includes(word)))
    .map((emoji, index) => ({ emoji, rank: rank(emoji), index }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .slice(0, limit)
    .map(({ emoji }) => emoji);
}

const RECENT_KEY = 'tidings.emoji';
const RECENT_MAX = 24;

/** The ones used last on this device, the newest first. */
export function recentEmoji(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(RECENT_KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((char) => typeof char === 'string').slice(0, RECENT_MAX) : [];
  } catch {
    return [];
  }
}

export function usedEmoji(char: string): void {
  localStorage.setItem(RECENT_KEY, JSON.stringify([char, ...recentEmoji().filter((other) => other !== char)].slice(0, RECENT_MAX)));
}
