// The one script that a page of another system loads:
//
//   <script src="https://chat.example.org/widget.js" data-to="support" data-token-url="/chat-token" async></script>
//
// It puts a button on the page and, behind it, a frame of the chat server's own origin. The page and the frame know nothing of each
// other but what `Said` and `Told` have. Nothing of the chat is in the page, and nothing of the page in the chat.

import { SPOKEN, type Said, type Told } from './words';

const script = document.currentScript as HTMLScriptElement;
const server = new URL(script.src);
const { to = '', conversation = '', app = '', tokenUrl = '', label = '', lang = '' } = script.dataset;

declare global {
  interface Window {
    /** A page that gets its token in another way sets this before the script runs. */
    tidings?: { token?(): string | Promise<string>; open?(): void; close?(): void };
  }
}

/** Where the page's own backend signs a token for the user who is logged in there. */
async function token(): Promise<string> {
  const own = window.tidings?.token;
  if (own) return own();
  const response = await fetch(tokenUrl, { credentials: 'same-origin', cache: 'no-store', headers: { Accept: 'text/plain' } });
  if (!response.ok) throw new Error(`${tokenUrl} answered with ${response.status}`);
  return (await response.text()).trim();
}

const words = SPOKEN[(lang || document.documentElement.lang || navigator.language).toLowerCase().startsWith('zh') ? 'zh' : 'en'];

const STYLE = `
  :host { all: initial; color-scheme: light dark; }
  .button, iframe { position: fixed; inset-block-end: 20px; inset-inline-end: 20px; z-index: 2147483000; }
  .button { inline-size: 56px; block-size: 56px; padding: 0; border: 0; border-radius: 50%; cursor: pointer; color: #fff; background: #3157d5;
    box-shadow: 0 4px 16px rgb(0 0 0 / 30%); font: 600 14px system-ui, sans-serif; }
  .button:focus-visible { outline: 3px solid #9db4ff; outline-offset: 2px; }
  .button svg { inline-size: 26px; block-size: 26px; vertical-align: middle; }
  .count { position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-inline-size: 20px; padding: 0 5px; box-sizing: border-box;
    border-radius: 10px; background: #c62828; font-size: 12px; line-height: 20px; }
  .count:empty { display: none; }
  iframe { inset-block-end: 88px; inline-size: min(380px, calc(100vw - 24px)); block-size: min(560px, calc(100dvh - 110px)); border: 0; border-radius: 14px;
    box-shadow: 0 8px 40px rgb(0 0 0 / 35%); background: Canvas; }
  iframe[hidden] { display: none; }
  @media (max-width: 480px) { iframe { inset: 0 0 88px; inline-size: 100vw; block-size: calc(100dvh - 88px); border-radius: 0; } }
`;

const holder = document.createElement('tidings-widget');
const root = holder.attachShadow({ mode: 'open' });
// A sheet that is made, not written into the page: the page's own policy for styles has nothing to allow.
const style = new CSSStyleSheet();
style.replaceSync(STYLE);
root.adoptedStyleSheets = [style];
const button = document.createElement('button');
button.className = 'button';
button.type = 'button';
button.setAttribute('aria-expanded', 'false');
const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
icon.setAttribute('viewBox', '0 0 24 24');
icon.setAttribute('aria-hidden', 'true');
const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
path.setAttribute('fill', 'currentColor');
path.setAttribute('d', 'M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z');
icon.append(path);
const count = document.createElement('span');
count.className = 'count';
button.append(icon, count);
root.append(button);

let frame: HTMLIFrameElement | null = null;

function name(unread: number): void {
  const called = label || words.chat;
  count.textContent = unread > 0 ? String(Math.min(unread, 99)) : '';
  button.setAttribute('aria-label', unread > 0 ? `${called} (${words.unread(unread)})` : called);
}

function make(): HTMLIFrameElement {
  const made = document.createElement('iframe');
  const address = new URL('widget/', server);
  if (app) address.searchParams.set('app', app);
  made.src = address.href;
  made.title = label || words.chat;
  made.allow = 'clipboard-write';
  made.hidden = true;
  root.append(made);
  return made;
}

function show(open: boolean): void {
  frame ??= make();
  frame.hidden = !open;
  button.setAttribute('aria-expanded', String(open));
  say({ tidings: 'shown', shown: open });
  if (open) frame.focus();
  else button.focus();
}

/** Only the chat server's own page hears it. */
function say(told: Told): void {
  frame?.contentWindow?.postMessage(told, server.origin);
}

async function giveToken(): Promise<void> {
  try {
    const at = conversation ? { conversation: Number(conversation) } : { user: to };
    say({ tidings: 'token', token: await token(), to: at, lang: words.lang });
    // What was said while the frame was loading it did not hear.
    say({ tidings: 'shown', shown: frame?.hidden === false });
  } catch (error) {
    console.error('tidings: there is no token for the chat:', error);
    say({ tidings: 'no token' });
  }
}

window.addEventListener('message', (event: MessageEvent<Said>) => {
  if (event.source !== frame?.contentWindow || event.origin !== server.origin) return;
  const said = event.data;
  if (said.tidings === 'token?') void giveToken();
  else if (said.tidings === 'unread') name(said.count);
  else if (said.tidings === 'close') show(false);
});

button.addEventListener('click', () => show(frame?.hidden !== false));
window.tidings = { ...window.tidings, open: () => show(true), close: () => show(false) };
name(0);
document.body.append(holder);
if ('eager' in script.dataset) frame = make();
