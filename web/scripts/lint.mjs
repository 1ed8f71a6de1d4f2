// The few rules that the compiler cannot hold: no way from text to HTML or code exists in this client, and no word stands on a page
// that cannot be translated. `npm run lint` prints each place and fails.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Sinks: each turns a string into elements or code. */
const FORBIDDEN = [
  [/\b(?:inner|outer)HTML\b/, 'an HTML sink'],
  [/\bdangerouslySetInnerHTML\b/, 'an HTML sink'],
  [/\binsertAdjacentHTML\b|\bcreateContextualFragment\b|\bparseFromString\b|\bsetHTMLUnsafe\b|\bdocument\.write/, 'an HTML sink'],
  [/\beval\s*\(|\bnew Function\b|\bsrcdoc\b/, 'code from a string'],
  [/\bset(?:Timeout|Interval)\s*\(\s*['"`]/, 'code from a string'],
  [/href=["'`]javascript:/i, 'code in an address'],
];

/** Attributes whose text somebody reads or hears. */
const SPOKEN = /\b(?:title|label|placeholder|alt|aria-label|aria-description|aria-roledescription|hint|text|confirm)="([^"]*\p{L}{2,}[^"]*)"/u;
/** Text before a closing tag on one line. What stands in braces is code; `t()` gives the words. */
const BETWEEN = />\s*([^<>{}()=;&|]*\p{L}{2,}[^<>{}()=;&|]*)<\//u;

/** Words that are the same in every language. */
const NAMES = /^(?:Tidings|Esc|Enter|Ctrl|Shift|Alt)$/;

const isComment = (line) => /^\s*(?:\/\/|\*|\/\*|\{\/\*)/.test(line);

function* filesIn(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

const found = [];
for (const path of filesIn(join(ROOT, 'src'))) {
  const jsx = path.endsWith('.tsx');
  readFileSync(path, 'utf8').split('\n').forEach((line, index) => {
    if (isComment(line)) return;
    const say = (what) => found.push(`${relative(ROOT, path)}:${index + 1}: ${what}: ${line.trim()}`);
    for (const [pattern, what] of FORBIDDEN) if (pattern.test(line)) say(what);
    if (!jsx) return;
    const words = SPOKEN.exec(line)?.[1] ?? (/<\/?[\w.]+/.test(line) ? BETWEEN.exec(line)?.[1]?.trim() : undefined);
    if (words && !NAMES.test(words)) say('words that are not translated');
  });
}

for (const line of found) console.error(line);
if (found.length > 0) process.exit(1);
console.log('lint: no HTML sink, no untranslated words');
