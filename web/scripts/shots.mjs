// Pictures of the pages, of a real server with a small world in it:
//
//     node scripts/shots.mjs ../target/ci/tidings [FOLDER [all | PAGE ...]]
//
// Without `all` those for `docs/images`: every page in light, some in dark. With it every page, size, theme and language, to look at; with
// names those pages alone.
import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INSIDE, OUTSIDE, enter, visit } from '../test/e2e/pages.mjs';
import { DESKTOP, launch, Person, PHONE } from '../test/e2e/people.mjs';
import { Server } from '../test/e2e/server.mjs';
import { makeWorld } from '../test/e2e/world.mjs';
import { withPalette } from './palette.mjs';

const KEPT = ['log-in', 'chats', 'chat', 'group', 'contacts', 'friend', 'new-friends', 'group-manage', 'settings', 'console', 'switcher'];
/** The pages that are kept in dark as well. */
const KEPT_DARK = ['chat'];
const SIZES = { desktop: DESKTOP, phone: PHONE };

const [binary, folder = fileURLToPath(new URL('../../docs/images/', import.meta.url)), ...asked] = process.argv.slice(2);
const all = asked.length > 0;
const named = ({ name }) => asked[0] === 'all' || asked.includes(name);
if (!binary) {
  console.error('Name the server: node scripts/shots.mjs ../target/ci/tidings');
  process.exit(64);
}
await mkdir(folder, { recursive: true });
const server = new Server(resolve(binary), { TIDINGS_SERVER_NAME: 'Tidings' });
let browser;
try {
  await server.start();
  const world = await makeWorld(server, await server.setUp());
  browser = await launch();
  for (const locale of all ? ['en', 'zh-CN'] : ['en']) {
    for (const theme of ['light', 'dark']) for (const size of Object.keys(SIZES)) await take(world, { locale, theme, size });
  }
} finally {
  await browser?.close();
  await server.remove();
}

async function take(world, { locale, theme, size }) {
  const wanted = (place) => (all ? named(place) : (theme === 'light' ? KEPT : KEPT_DARK).includes(place.name));
  const person = await Person.open(browser, server.url, { viewport: SIZES[size], locale, colorScheme: theme });
  const shoot = async (place) => {
    try {
      await visit(person, world, place);
    } catch (error) {
      console.error(`${place.name} ${size} ${theme} ${locale}: ${error.message}`);
      process.exitCode = 1;
    }
    const name = [place.name, size, theme, ...(locale === 'en' ? [] : ['zh'])].join('-');
    const picture = await person.page.screenshot({ animations: 'disabled', caret: 'hide' });
    await writeFile(resolve(folder, `${name}.png`), await withPalette(person.page, picture));
  };
  for (const place of OUTSIDE.filter(wanted)) await shoot(place);
  await enter(person, world.chief.user);
  for (const place of INSIDE.filter(wanted)) await shoot(place);
  for (const complaint of person.complaints) console.error(complaint);
  await person.close();
}
