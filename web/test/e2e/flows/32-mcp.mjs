import assert from 'node:assert/strict';

export const sentence = 'a token for MCP is made for some chats, is shown once, opens these alone, and is revoked';

export async function run({ server, open }) {
  const ada = await server.person('ada', 'Ada');
  for (const title of ['Crew', 'Cellar']) await server.ask('POST', '/conversations', { token: ada.token, body: { group: { title, members: [] } } });
  const a = await open();
  await a.logIn('ada');
  await a.openChat('Crew');
  await a.page.goto(new URL('/settings/security', a.page.url()).href);
  await a.page.getByText('No program has a token.').waitFor();
  await a.page.getByRole('button', { name: 'New token' }).click();
  const dialog = a.page.getByRole('dialog');
  await dialog.getByLabel('Name of the program').fill('Helper');
  await dialog.getByRole('switch', { name: 'Crew' }).check();
  await dialog.getByRole('button', { name: 'Make token' }).click();
  const secret = await a.page.getByRole('dialog').getByRole('textbox', { name: 'Token' }).innerText();
  assert.match(secret, /^tdm_\w{43}_\w{6}$/);
  const call = async (name) => {
    const answer = await fetch(new URL('/mcp', a.page.url()), {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } }),
    });
    return { status: answer.status, ...(await answer.json()) };
  };
  const { result } = await call('list_conversations');
  assert.deepEqual(result.structuredContent.conversations.map(({ title }) => title), ['Crew']);
  await a.page.getByRole('dialog').getByRole('button', { name: 'Done' }).click();
  await a.page.reload();
  await a.page.getByText(/Crew · reads · used/).waitFor();
  assert.ok(!(await a.page.content()).includes(secret), 'it is shown once');
  await a.page.getByRole('button', { name: 'Revoke' }).click();
  await a.page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await a.page.getByText('No program has a token.').waitFor();
  assert.equal((await call('list_conversations')).status, 401);
}
