// The page inside the frame: one conversation, of the user whom the host page's token names. It is served by the chat server, so its
// requests are to its own origin. Whatever other people wrote becomes text, never HTML.

import { connect, Over, Problem, type Chat, type Client, type Entry, type Message } from '../src';
import { SPOKEN, type Said, type Told } from './words';

const TYPING_MS = 6_000;
const TYPING_EVERY_MS = 4_000;
const PAGE = 40;

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const [title, state, scroller, log, older, typing, form, text, send, attach, file, close] = [
  find('title'), find('state'), find('scroller'), find('log'), find<HTMLButtonElement>('older'), find('typing'), find<HTMLFormElement>('form'),
  find<HTMLTextAreaElement>('text'), find<HTMLButtonElement>('send'), find<HTMLButtonElement>('attach'), find<HTMLInputElement>('file'),
  find<HTMLButtonElement>('close'),
];

let words: (typeof SPOKEN)['en'] = SPOKEN.en;
let client: Client | null = null;
let to: string | number = '';
let place: number | null = null;
let shown = false;
/** The page around the frame: the first that spoke. No other page can frame this one, the server's policy sees to that. */
let host: string | null = null;
const rows = new Map<number, HTMLLIElement>();
const names = new Map<string, string>();
let lowest = 0;

// --- The page around the frame ---

let given: ((token: string) => void) | null = null;
let none: (() => void) | null = null;

/** The first words have no secret in them, and it is not known yet who listens. */
function say(said: Said): void {
  parent.postMessage(said, host ?? '*');
}

/** A token of the host page's backend, fresh each time. */
function token(): Promise<string> {
  return new Promise((resolve, reject) => {
    given = resolve;
    none = () => reject(new Problem('unauthenticated', words.noToken));
    say({ tidings: 'token?' });
  });
}

addEventListener('message', (event: MessageEvent<Told>) => {
  if (event.source !== parent || parent === window || (host !== null && event.origin !== host)) return;
  host = event.origin;
  const told = event.data;
  if (told.tidings === 'token') {
    words = SPOKEN[told.lang === 'zh' ? 'zh' : 'en'];
    to = 'user' in told.to ? told.to.user : told.to.conversation;
    given?.(told.token);
  } else if (told.tidings === 'no token') none?.();
  else if (told.tidings === 'shown') {
    shown = told.shown;
    if (shown) seen();
  }
});

// --- What is shown ---

function speak(): void {
  document.documentElement.lang = words.lang === 'zh' ? 'zh-CN' : 'en';
  close.setAttribute('aria-label', words.close);
  attach.setAttribute('aria-label', words.attach);
  log.setAttribute('aria-label', words.messages);
  scroller.setAttribute('aria-label', words.messages);
  text.placeholder = words.write;
  text.setAttribute('aria-label', words.write);
  send.textContent = words.send;
  older.textContent = words.older;
}

function tell(sentence: string): void {
  state.textContent = sentence;
}

const element = <K extends keyof HTMLElementTagNameMap>(kind: K, className: string, content: string): HTMLElementTagNameMap[K] => {
  const made = document.createElement(kind);
  if (className) made.className = className;
  made.textContent = content;
  return made;
};

/** Text with its links. Only what begins with http becomes one. */
function linked(content: string): Array<Node | string> {
  return content.split(/(https?:\/\/[^\s<>"']+)/).map((part, place) => {
    if (place % 2 === 0) return part;
    const link = element('a', '', part);
    link.href = part;
    link.target = '_blank';
    link.rel = 'noopener noreferrer nofollow';
    return link;
  });
}

function fileOf(name: string, media: string): HTMLElement {
  const button = element('button', 'file', name);
  button.type = 'button';
  button.addEventListener('click', () => void save(name, media));
  return button;
}

async function save(name: string, media: string): Promise<void> {
  const url = URL.createObjectURL(await client!.download(media));
  const link = element('a', '', '');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function contentOf({ body }: Entry): Array<Node | string> {
  if ('text' in body) return linked(body.text.text);
  if ('media' in body) return [fileOf(body.media.info.name, body.media.info.media), ...(body.media.caption.text ? ['\n', ...linked(body.media.caption.text)] : [])];
  if ('sticker' in body) return [body.sticker.name];
  if ('recalled' in body) return [words.recalled];
  return [words.placeholder];
}

const MESSAGES = ['text', 'media', 'sticker', 'recalled', 'custom', 'location', 'contact_card'];

function rowOf(entry: Entry, kind: Chat['kind']): HTMLLIElement | null {
  if (!MESSAGES.some((name) => name in entry.body)) return null;
  const mine = entry.author === client!.user;
  const row = element('li', mine ? 'mine' : '', '');
  if (kind === 'group' && !mine) row.append(element('span', 'who', names.get(entry.author) ?? entry.author));
  row.append(...contentOf(entry));
  const at = new Intl.DateTimeFormat(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' }).format(entry.at);
  row.append(element('span', 'when', entry.edited_at ? `${words.edited} · ${at}` : at));
  return row;
}

/** Puts an entry where its seq belongs, in the place of what was there. */
function put(entry: Entry, kind: Chat['kind']): void {
  const row = rowOf(entry, kind);
  if (!row) return;
  const held = rows.get(entry.seq);
  if (held) held.replaceWith(row);
  else {
    const next = [...rows.entries()].filter(([seq]) => seq > entry.seq).sort(([a], [b]) => a - b)[0];
    log.insertBefore(row, next?.[1] ?? log.querySelector('.waiting'));
  }
  rows.set(entry.seq, row);
}

function atEnd(change: () => void): void {
  const sticks = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  change();
  if (sticks) scroller.scrollTop = scroller.scrollHeight;
}

function chat(): Chat | null {
  if (!client) return null;
  const found = typeof to === 'string' ? client.chatWith(to) : client.chat(to);
  if (found) place = found.id;
  return found;
}

/** Everything that is here of the conversation. */
function show(): void {
  const found = chat();
  title.textContent = found?.title || String(to);
  if (!found) return;
  atEnd(() => {
    for (const entry of found.entries) if (!rows.has(entry.seq)) put(entry, found.kind);
  });
  lowest = Math.min(lowest || Infinity, found.entries[0]?.seq ?? Infinity);
  older.hidden = !(lowest > 1 && Number.isFinite(lowest));
  say({ tidings: 'unread', count: found.unread });
  seen();
}

/** What stands before somebody's eyes is read. */
function seen(): void {
  const found = chat();
  const last = found?.entries.at(-1);
  if (!client || !found || !last || !shown || document.visibilityState !== 'visible' || found.unread === 0) return;
  client.read({ conversation: found.id, entry: last });
  say({ tidings: 'unread', count: 0 });
}

async function more(): Promise<void> {
  if (!client || place === null) return;
  older.disabled = true;
  const before = scroller.scrollHeight - scroller.scrollTop;
  const entries = await client.history(place, { before: lowest, limit: PAGE }).catch(() => []);
  const kind = chat()?.kind ?? 'direct';
  for (const entry of entries) put(entry, kind);
  lowest = entries[0]?.seq ?? lowest;
  older.hidden = entries.length < PAGE || lowest <= 1;
  older.disabled = false;
  scroller.scrollTop = scroller.scrollHeight - before;
}

// --- What is sent ---

async function deliver(content: string, sending: () => Promise<{ seq: number }>): Promise<void> {
  const row = element('li', 'mine waiting', content);
  const when = element('span', 'when', words.sending);
  row.append(when);
  atEnd(() => log.append(row));
  scroller.scrollTop = scroller.scrollHeight;
  try {
    await sending();
    show();
    row.remove();
  } catch (error) {
    when.classList.add('bad');
    when.textContent = words.failed(error instanceof Error ? error.message : String(error));
  }
}

let said = 0;
text.addEventListener('input', () => {
  text.style.blockSize = 'auto';
  text.style.blockSize = `${text.scrollHeight}px`;
  if (client && place !== null && Date.now() - said > TYPING_EVERY_MS) {
    said = Date.now();
    client.typing(place);
  }
});
text.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const content = text.value.trim();
  if (!content || !client) return;
  text.value = '';
  text.style.blockSize = 'auto';
  void deliver(content, () => client!.send(to, content));
});
attach.addEventListener('click', () => file.click());
file.addEventListener('change', () => {
  const chosen = file.files?.[0];
  file.value = '';
  if (!chosen || !client) return;
  const kind = chosen.type.startsWith('image/') ? 'image' : 'file';
  void deliver(chosen.name, () => client!.sendFile(to, chosen, { name: chosen.name, kind }));
});
older.addEventListener('click', () => void more());
close.addEventListener('click', () => say({ tidings: 'close' }));
addEventListener('keydown', (event) => {
  if (event.key === 'Escape') say({ tidings: 'close' });
});
document.addEventListener('visibilitychange', seen);

// --- What happens ---

function follow(here: Client): void {
  let forget: ReturnType<typeof setTimeout> | undefined;
  const about = (conversation: number): boolean => (place ?? chat()?.id) === conversation;
  here.on('message', (message: Message) => {
    if (!about(message.conversation)) return;
    if (!message.mine) typing.textContent = '';
    show();
  });
  here.on('changed', ({ conversation, entry, kind }) => {
    if (about(conversation) && rows.has(entry.seq)) put(entry, kind);
  });
  here.on('conversation', ({ conversation }) => {
    if (about(conversation)) show();
  });
  here.on('profile', ({ profile }) => {
    names.set(profile.user, profile.name);
    title.textContent = chat()?.title || String(to);
  });
  here.on('typing', ({ conversation, user, active }) => {
    if (!about(conversation)) return;
    clearTimeout(forget);
    typing.textContent = active ? words.typing(names.get(user) ?? user) : '';
    if (active) forget = setTimeout(() => { typing.textContent = ''; }, TYPING_MS);
  });
  here.on('connection', ({ state: now }) => tell(now === 'online' ? '' : now === 'offline' ? words.offline : state.textContent ?? ''));
  here.on('reset', () => {
    for (const row of rows.values()) row.remove();
    rows.clear();
    lowest = 0;
  });
}

/** The same device each time, where the browser lets a frame keep anything: a new start takes the place of the last session. */
function device(): string {
  try {
    const held = localStorage.getItem('tidings.widget') ?? `widget-${crypto.randomUUID()}`;
    localStorage.setItem('tidings.widget', held);
    return held;
  } catch {
    return `widget-${Math.random().toString(36).slice(2)}`;
  }
}

async function start(): Promise<void> {
  tell(words.connecting);
  try {
    const first = await token();
    speak();
    tell(words.connecting);
    // A session's own token is taken as it is; what an app's backend signed opens a session, and is asked for again when that is over.
    let once: string | null = first;
    const signed = async (): Promise<string> => {
      const now = once ?? (await token());
      once = null;
      return now;
    };
    const who = first.startsWith('tds_') ? { token: first } : { signed };
    const here = await connect({
      url: location.origin, ...who, backlog: 'new', device: { id: device(), platform: 'web', name: 'Widget' },
    });
    client = here;
    follow(here);
    tell('');
    show();
    // The end of the session ends the events.
    for await (const event of here.events()) void event;
  } catch (error) {
    tell(error instanceof Over ? words.over : error instanceof Problem ? error.message : words.noToken);
    send.disabled = true;
  }
}

speak();
void start();
