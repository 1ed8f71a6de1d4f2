// The emoji of the picker, one module per language, made from emojibase-data while building: only what the picker needs, in the order
// of Unicode, so that the whole set is about 35 kB on the wire and comes when somebody opens the picker.
// A row is [character, group, name, words to find it by, short codes].

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const PREFIX = 'virtual:emoji-';
const LOCALES = ['en', 'zh'];
const TAGS_MAX = 4;
/** Skin tones and other parts that are no emoji of their own. */
const COMPONENTS = 2;

/** What is an emoji by itself needs no selector, and people type it without: a reaction must be the same character from either. */
const plain = (char) => char.replace(/(\p{Emoji_Presentation})\ufe0f/gu, '$1');

function rows(locale) {
  const codes = require('emojibase-data/en/shortcodes/github.json');
  return require(`emojibase-data/${locale}/compact.json`)
    .filter((emoji) => emoji.group !== undefined && emoji.group !== COMPONENTS)
    .sort((a, b) => a.order - b.order)
    .map((emoji) => [
      plain(emoji.unicode), emoji.group, emoji.label, (emoji.tags ?? []).slice(0, TAGS_MAX).join(' '), [codes[emoji.hexcode] ?? []].flat().join(' '),
    ]);
}

/** @returns {import('vite').Plugin} */
export const emoji = () => ({
  name: 'emoji',
  resolveId: (id) => (LOCALES.some((locale) => id === PREFIX + locale) ? `\0${id}` : undefined),
  load(id) {
    if (!id.startsWith(`\0${PREFIX}`)) return undefined;
    // JSON.parse of one string is read faster than a literal of this size.
    return `export default JSON.parse(${JSON.stringify(JSON.stringify(rows(id.slice(PREFIX.length + 1))))});`;
  },
});
