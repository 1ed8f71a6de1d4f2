// What a visit weighs, gzipped, beside what it may: `npm run budget` after a build. It fails where that is more. Counted is what the
// HTML asks for at once and the files of the view, with everything that these import statically.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const DIST = process.argv[2] ? `${process.argv[2]}/` : fileURLToPath(new URL('../dist/', import.meta.url));
const files = readdirSync(DIST);
const source = (name) => readFileSync(DIST + name, 'utf8');
const weight = (name) => gzipSync(readFileSync(DIST + name), { level: 9 }).length;

/** A file with everything that it imports statically. */
function closure(names) {
  const seen = new Set();
  const visit = (name) => {
    if (seen.has(name) || !files.includes(name)) return;
    seen.add(name);
    for (const [, other] of source(name).matchAll(/(?:^|[;}\n])\s*(?:import|export)\s*(?:[\w*{}\s,$]+from\s*)?["'`]\.\/([\w.-]+\.js)["'`]/g)) visit(other);
  };
  names.forEach(visit);
  return [...seen];
}

// What only those who are in are given (`ahead.mjs`) is part of the first chat and not of the start.
const startOf = (page) => source(page).split('\n').filter((line) => !line.includes('data-inside')).flatMap((line) => [...line.matchAll(/(?:src|href)="\.\/([\w.-]+\.js)"/g)].map((match) => match[1]));
const start = startOf('index.html');
const kB = (names) => names.reduce((sum, name) => sum + weight(name), 0) / 1000;
const chat = closure([...start, 'chat.js', 'i18n-en.js']);
const rows = [
  ['log-in, JS', closure([...start, 'auth.js', 'i18n-en-before.js']), 35],
  ['first chat, JS', chat, 70],
  ['console, JS', closure(['admin.js']).filter((name) => !chat.includes(name)), 60],
  ['all CSS', files.filter((name) => name.endsWith('.css') && name !== 'embed.css'), 12],
  ['Chinese, chats', ['i18n-zh.js'], 14],
  ['Chinese, all', files.filter((name) => name.startsWith('i18n-zh')), 24],
  ['widget script', closure(['widget.js']), 3],
  ['widget, framed', [...closure(startOf('embed.html')), 'embed.css'], 70],
];
let over = false;
for (const [what, names, limit] of rows) {
  const size = kB(names);
  over ||= size > limit;
  console.log(`${size > limit ? 'OVER' : 'ok  '} ${what.padEnd(16)} ${size.toFixed(1).padStart(6)} of ${limit} kB   ${names.join(' ')}`);
}
process.exit(over ? 1 : 0);
