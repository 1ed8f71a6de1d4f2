// The letter that a name stands under: its own, or for Chinese the first one of its pinyin. The collation of the platform knows the
// order of pinyin; these are the first characters of each letter in that order, so no table of readings is needed.

const FIRST_OF: readonly (readonly [letter: string, first: string])[] = [
  ['A', '阿'], ['B', '八'], ['C', '嚓'], ['D', '哒'], ['E', '妸'], ['F', '发'], ['G', '旮'], ['H', '哈'], ['J', '讥'], ['K', '咔'], ['L', '垃'], ['M', '妈'],
  ['N', '拏'], ['O', '噢'], ['P', '妑'], ['Q', '七'], ['R', '呥'], ['S', '扨'], ['T', '它'], ['W', '穵'], ['X', '夕'], ['Y', '丫'], ['Z', '帀'],
];
/** Names without a letter come last. */
export const OTHER = '#';

const pinyin = new Intl.Collator('zh-CN-u-co-pinyin');
const HAN = /^\p{Script=Han}$/u;

export function letterOf(name: string): string {
  const [char = ''] = name.trim();
  if (HAN.test(char)) {
    let found = OTHER;
    for (const [letter, first] of FIRST_OF) {
      if (pinyin.compare(char, first) < 0) break;
      found = letter;
    }
    return found;
  }
  const plain = char.normalize('NFD')[0]?.toUpperCase() ?? '';
  return /^[A-Z]$/.test(plain) ? plain : OTHER;
}

/** Things by the letters of their names, each group in order: A to Z, then the rest. */
export function byLetter<T>(items: readonly T[], nameOf: (item: T) => string): { letter: string; items: T[] }[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const letter = letterOf(nameOf(item));
    const group = groups.get(letter);
    if (group) group.push(item);
    else groups.set(letter, [item]);
  }
  const rank = (letter: string): string => (letter === OTHER ? '~' : letter);
  return [...groups]
    .sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1))
    .map(([letter, group]) => ({ letter, items: group.sort((a, b) => pinyin.compare(nameOf(a), nameOf(b))) }));
}
