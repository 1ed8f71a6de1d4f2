// A sample business system with the widget on its page.
//
//   node clients/js/widget/sample/serve.mjs --tidings http://127.0.0.1:8000 --user ada --password '…'
//
// The shop's page is at one origin and the chat at another, as in real life. Two things here stand in for what a Tidings server does not
// do yet: the chat's origin is a proxy that adds the widget's files with a policy that lets the shop frame them, and the shop's
// backend logs in with a password where it would sign a token for its user.
import { readFile } from 'node:fs/promises';
import { createServer, request as ask } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const FILES = { '/widget.js': 'text/javascript', '/widget/': 'text/html', '/widget/frame.js': 'text/javascript', '/widget/frame.css': 'text/css' };
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const listen = (server, port) => new Promise((ready) => server.listen(port, '127.0.0.1', () => ready(`http://127.0.0.1:${server.address().port}`)));

/** The chat's origin: the server itself, and the widget's files. */
function proxy(tidings, shop) {
  const server = createServer(async (incoming, answer) => {
    const path = new URL(incoming.url, 'http://x').pathname;
    if (FILES[path]) {
      const host = incoming.headers.host;
      answer.writeHead(200, {
        'Content-Type': `${FILES[path]}; charset=utf-8`,
        'Cache-Control': 'no-cache',
        'X-Content-Type-Options': 'nosniff',
        'Referrer-Policy': 'no-referrer',
        'Cross-Origin-Resource-Policy': path === '/widget.js' ? 'cross-origin' : 'same-origin',
        'Content-Security-Policy':
          `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws://${host}; base-uri 'none'; form-action 'self'; ` +
          `frame-ancestors ${shop()}; require-trusted-types-for 'script'; trusted-types 'none'`,
      });
      answer.end(await readFile(at(`../../dist-widget${path === '/widget/' ? '/widget/index.html' : path}`)));
      return;
    }
    const passed = ask(tidings + incoming.url, { method: incoming.method, headers: incoming.headers }, (response) => {
      answer.writeHead(response.statusCode, response.headers);
      response.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    incoming.pipe(passed);
  });
  server.on('upgrade', (incoming, socket, head) => {
    const passed = ask(tidings + incoming.url, { headers: incoming.headers });
    passed.on('upgrade', (response, other, first) => {
      const lines = response.rawHeaders.flatMap((name, place, all) => (place % 2 ? [] : [`${name}: ${all[place + 1]}`]));
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      socket.write(first);
      other.write(head);
      other.pipe(socket).pipe(other);
      for (const [one, two] of [[socket, other], [other, socket]]) {
        one.on('error', () => two.destroy());
        one.on('close', () => two.destroy());
      }
    });
    passed.on('response', () => socket.destroy());
    passed.on('error', () => socket.destroy());
    socket.on('error', () => passed.destroy());
    passed.end();
  });
  return server;
}

/** The business system: a page, and the token of the user who is logged in there. */
function shopOf(tidings, chat, { user, password }) {
  return createServer(async (incoming, answer) => {
    if (incoming.url === '/chat-token') {
      const body = JSON.stringify({ user, password, device: { id: 'garden-shop', platform: 'web', name: 'Garden shop' } });
      const opened = await fetch(`${tidings}/api/v1/sessions`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
      answer.writeHead(opened.status, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' });
      answer.end(opened.ok ? (await opened.json()).token : '');
      return;
    }
    const page = await readFile(at('index.html'), 'utf8');
    // The shop has a policy of its own; this is all that it has to allow for the chat.
    answer.writeHead(incoming.url === '/' ? 200 : 404, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'self'; style-src 'self' 'unsafe-inline'; script-src ${chat()}; frame-src ${chat()}; connect-src 'self'`,
    });
    answer.end(incoming.url === '/' ? page.replaceAll('CHAT', chat()).replaceAll('VISITOR', user) : '');
  });
}

/** Starts both. */
export async function serve(tidings, visitor, ports = [0, 0]) {
  let shop = '';
  let chat = '';
  const servers = [proxy(tidings, () => shop), shopOf(tidings, () => chat, visitor)];
  chat = await listen(servers[0], ports[0]);
  shop = await listen(servers[1], ports[1]);
  return { chat, shop, stop: () => servers.forEach((server) => { server.closeAllConnections(); server.close(); }) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: {
    tidings: { type: 'string', default: 'http://127.0.0.1:8000' }, user: { type: 'string' }, password: { type: 'string' },
  } });
  const { chat, shop } = await serve(values.tidings, values, [8100, 8101]);
  console.log(`the shop is at ${shop}, the chat at ${chat}`);
}
