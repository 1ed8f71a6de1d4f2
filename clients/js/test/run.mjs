// Checks the types, builds the package and runs its tests, also against a real server.
//
//   node clients/js/test/run.mjs target/ci/tidings
//
// The packages must be there: npm --prefix clients/js ci
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => join(here, 'node_modules', '.bin', name);
const folder = mkdtempSync(join(tmpdir(), 'tidings-js-run-'));
const report = join(folder, 'report.json');
let passed = 0;
let failed = 0;

function step(command, args, env = {}) {
  const { status } = spawnSync(command, args, { cwd: here, stdio: 'inherit', env: { ...process.env, ...env } });
  return status === 0;
}
function counted(ok) {
  if (ok) passed += 1;
  else failed += 1;
}

counted(step(bin('tsc'), ['--noEmit']));
counted(step('npm', ['run', '--silent', 'build']));
counted(step(bin('tsc'), ['-p', join('test', 'types')]));
const binary = process.argv[2];
const ok = step(bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`], {
  NO_COLOR: '1',
  ...(binary ? { TIDINGS_BINARY: resolve(binary) } : {}),
});
try {
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
  passed += numPassedTests;
  failed += numFailedTests || Number(!ok);
} catch {
  failed += 1;
}
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
