export const sentence = 'one asks another to be a contact, who says yes in another browser, and both see the chat';

export async function run({ server, open }) {
  await server.person('ada', 'Ada');
  await server.person('bob', 'Bob');
  const [a, b] = [await open(), await open()];
  await a.logIn('ada');
  await b.logIn('bob');

  await a.page.goto(`${a.base}/contacts/new`);
  await a.page.getByRole('searchbox', { name: 'Find people' }).fill('bob');
  await a.page.getByRole('search').getByRole('button', { name: 'Search' }).click();
  await a.page.getByRole('button', { name: 'Add', exact: true }).click();
  await a.page.getByLabel('Greeting').fill('We met at the harbour.');
  await a.page.getByRole('button', { name: 'Send request' }).click();
  await a.page.getByRole('button', { name: 'Requested' }).waitFor();

  await b.page.getByRole('link', { name: 'Contacts' }).first().click();
  await b.page.getByRole('link', { name: 'New friends' }).first().click();
  await b.page.getByText('“We met at the harbour.”').first().waitFor();
  await b.page.getByRole('button', { name: 'Accept Ada' }).first().click();
  await b.page.getByText('Accepted').first().waitFor();

  await a.page.getByRole('button', { name: 'Message' }).first().click();
  await a.say('Hello, Bob.');
  await a.message('Hello, Bob.').getByRole('img', { name: 'Delivered' }).waitFor();
  await b.page.goto(`${b.base}/`);
  await b.openChat('Ada');
  await b.message('Hello, Bob.').waitFor();
}
