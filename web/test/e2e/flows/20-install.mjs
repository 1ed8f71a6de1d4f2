import assert from 'node:assert/strict';

export const sentence = 'the client can be installed, and starts without a server';

export async function run({ server, open }) {
  const [ada, bob] = [await server.person('ada', 'Ada'), await server.person('bob', 'Bob')];
  await server.befriend(ada, bob);
  await server.say(bob, ada, 'Kept on the device.');
  const a = await open({ expected: [/ERR_CONNECTION_REFUSED/, /WebSocket/] });
  await a.logIn('ada');
  await a.workerReady();
  const devtools = await a.context.newCDPSession(a.page);
  const { errors, data } = await devtools.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  const manifest = JSON.parse(data);
  assert.equal(manifest.display, 'standalone');
  // What keeps browsers from offering the installation; that this is a private window is the test's own doing.
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'), []);
  await a.openChat('Bob');
  await a.message('Kept on the device.').waitFor();
  await a.kept();

  await server.stop();
  await a.page.goto(`${a.base}/`);
  await a.openChat('Bob');
  await a.message('Kept on the device.').waitFor();
  await a.say('Written without a server.');
  await a.message('Written without a server.').getByRole('img', { name: 'Sending' }).waitFor();
  await server.start();
  await a.message('Written without a server.').getByRole('img', { name: 'Sent' }).waitFor({ timeout: 40_000 });
}
