// Writes dist/BUILD.json after a build: the hash of what was built from (`source`; build.rs recomputes it and warns when it
// differs) and the files that were made (`files`; the service worker keeps them).

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
/** The same as in build.rs. */
const sources = [
  'index.html', 'package-lock.json', 'package.json', 'public', 'scripts', 'src', 'tsconfig.json', 'vite.config.ts',
];
const stamp = 'BUILD.json';

/** All files at or below a path, by their paths from `root`. */
function below(root, path = '') {
  const whole = join(root, path);
  if (!statSync(whole, { throwIfNoEntry: false })) return [];
  if (!statSync(whole).isDirectory()) return [path];
  return readdirSync(whole).flatMap((name) => below(root, path ? `${path}/${name}` : name));
}

const hex = (bytes) => createHash('sha256').update(bytes).digest('hex');
// As `sha256sum` prints them, so that two languages agree. Names are ASCII: their order is that of their bytes.
const lines = sources.flatMap((source) => below(web, source)).sort().map((path) => `${hex(readFileSync(join(web, path)))}  ${path}\n`);
const files = below(join(web, 'dist')).filter((path) => path !== stamp).sort();
writeFileSync(join(web, 'dist', stamp), `${JSON.stringify({ source: hex(lines.join('')), files }, null, 2)}\n`);
