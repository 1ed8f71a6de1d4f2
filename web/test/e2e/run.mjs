// The flows of people in front of a real browser and a real server.
//
//     node web/test/e2e/run.mjs target/ci/tidings [PART OF A NAME ...]
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { launch, Person } from './people.mjs';
import { Server } from './server.mjs';

/** How long a flow may take when it does not say so itself (`minutes`). */
const FLOW_MS = 120_000;
const [binary, ...wanted] = process.argv.slice(2);
if (!binary) {
  console.error('Name the server: node web/test/e2e/run.mjs target/ci/tidings');
  process.exit(64);
}

const folder = new URL('./flows/', import.meta.url);
const files = (await readdir(folder)).filter((name) => name.endsWith('.mjs')).sort();
let passed = 0;
let failed = 0;

for (const file of files) {
  const flow = await import(new URL(file, folder));
  const name = `${file.slice(0, -4)}: ${flow.sentence}`;
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  const began = Date.now();
  let problem = await attempt(flow);
  if (problem && process.env.CI) {
    // A machine that is shared can be slow for a moment; what fails twice is broken. It is said that there was a first time.
    console.log(`again  ${name}\n${problem}`);
    problem = await attempt(flow);
  }
  if (problem) failed += 1;
  else passed += 1;
  console.log(`${problem ? 'FAILED' : 'ok'}  ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  if (problem) console.log(problem);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function attempt(flow) {
  const server = new Server(resolve(binary), flow.settings);
  const people = [];
  let browser;
  try {
    await server.start();
    const chief = flow.untouched ? null : await server.setUp();
    browser = await launch(flow.browserArguments);
    const open = async (options = {}) => {
      const person = await Person.open(browser, options.base ?? server.url, options);
      people.push(person);
      return person;
    };
    await within(flow.run({ server, browser, open, chief }), flow.minutes ? flow.minutes * 60_000 : FLOW_MS);
    const complaints = people.flatMap((person) => person.complaints);
    return complaints.length > 0 ? complaints.join('\n') : null;
  } catch (error) {
    await Promise.all(people.map((person, nth) =>
      person.page.screenshot({ path: `/tmp/tidings-e2e-${nth}.png` }).catch(() => {})));
    return [error.stack ?? String(error), ...people.flatMap((person) => person.complaints)].join('\n');
  } finally {
    await browser?.close().catch(() => {});
    await server.remove();
  }
}

function within(work, milliseconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${milliseconds / 1000} s`)), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
