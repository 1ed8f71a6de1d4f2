// Writes dist/BUILD.json after a build: the hash of what was built from (`source`; build.rs recomputes it and warns when it
// differs) and the files that were made (`files`; the service worker keeps them). The worker itself gets the hash, so that a new
// client is a new worker.

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The same as in build.rs. */
const sources = [
  'embed.html', 'index.html', 'package-lock.json', 'package.json', 'public', 'scripts', 'src', 'tsconfig.json', 'vite.config.ts',
  'vite.embed.config.ts',
];
const stampName = 'BUILD.json';
const worker = 'sw.js';

/** All files at or below a path, by their paths from `root`. */
function below(root, path = '') {
  const whole = join(root, path);
  if (!statSync(whole, { throwIfNoEntry: false })) return [];
  if (!statSync(whole).isDirectory()) return [path];
  return readdirSync(whole).flatMap((name) => below(root, path ? `${path}/${name}` : name));
}

const hex = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The hash over all sources. As `sha256sum` prints them, so that two languages agree; names are ASCII, their order is that of their bytes. */
function hashOf(web) {
  const files = sources.flatMap((source) => below(web, source)).sort();
  return hex(files.map((path) => `${hex(readFileSync(join(web, path)))}  ${path}\n`).join(''));
}

/** The Vite plugin. */
export function stamp() {
  let web = '';
  let dist = '';
  return {
    name: 'stamp',
    apply: 'build',
    configResolved(config) {
      web = config.root;
      dist = resolve(config.root, config.build.outDir);
    },
    writeBundle: {
      order: 'post',
      handler() {
        const source = hashOf(web);
        const code = readFileSync(join(dist, worker), 'utf8');
        if (!code.includes('%BUILD%')) this.error(`${worker} has no place for the version.`);
        writeFileSync(join(dist, worker), code.replaceAll('%BUILD%', source.slice(0, 12)));
        const files = below(dist).filter((path) => path !== stampName).sort();
        writeFileSync(join(dist, stampName), `${JSON.stringify({ source, files }, null, 2)}\n`);
      },
    },
  };
}
