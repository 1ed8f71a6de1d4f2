// The types of the package: declarations of what index.ts reaches, and of nothing else.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const out = join(here, 'dist', 'types');
const tsc = join(here, 'node_modules', '.bin', process.platform === 'win32' ? 'tsc.cmd' : 'tsc');
const options = ['-p', 'tsconfig.build.json', '--outDir', out];
execFileSync(tsc, options, { cwd: here, stdio: 'inherit' });

const IMPORT = /(?:from|import\()\s*['"]([^'"]+)['"]/g;
const reached = new Set();
const reach = (path) => {
  if (reached.has(path)) return;
  reached.add(path);
  const text = readFileSync(path, 'utf8');
  for (const [, from] of text.matchAll(IMPORT)) {
    if (!from.startsWith('.')) throw new Error(`${path}: the types of the package must stand alone, and ${from} is another package`);
    const next = `${resolve(dirname(path), from)}.d.ts`;
    if (!existsSync(next)) throw new Error(`${path}: ${from} is not there`);
    reach(next);
  }
  // Programs whose modules are resolved as Node does it want whole names.
  writeFileSync(path, text.replaceAll(IMPORT, (found, from) => found.replace(from, `${from}.js`)));
};
reach(join(out, 'clients', 'js', 'src', 'index.d.ts'));

const prune = (folder) => {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      prune(path);
      if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
    } else if (!reached.has(path)) rmSync(path);
  }
};
prune(out);
