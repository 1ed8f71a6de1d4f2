// The script that a page of another system loads: a button, and behind it the chat in a frame from our own origin. It knows nothing
// of the chat; the page and the frame speak over a channel whose ends are given to exact origins. No import, no style sheet, no HTML.

interface Place {
  /** The direct chat with this user, which begins with the first message. */
  user?: string;
  /** One conversation, by its number. */
  conversation?: number | string;
  /** Either of them in one word: `user:support` or `conversation:7`. */
  with?: string;
}

interface Options extends Place {
  /**
   * Gives a token that the page's own backend has signed for whoever is logged in there, or is an address of the page's own that gives one to
   * a POST. Asked for whenever a session is to be opened.
   */
  token: string | (() => string | Promise<string>);
  /** The app, by name or number. */
  app?: string;
  language?: 'en' | 'zh' | 'auto';
  theme?: 'light' | 'dark' | 'auto';
  /** Show the chat at once. */
  show?: boolean;
  /** What the button is called. */
  label?: string;
  /** Told how many messages are not read. */
  onUnread?(count: number): void;
}

/** What stands on the page. */
interface Widget {
  turn(on: boolean): void;
  go(place: string): void;
  end(): Promise<void>;
}

const script = document.currentScript as HTMLScriptElement;
const origin = new URL(script.src).origin;
const PHONE = '(max-width: 600px)';
const GONE_MS = 2_000;

const KEPT = 'tidings-device';
const LOCK_MS = 1_500;

let open: Widget | null = null;
/** The last one is being signed out: until then there is no other. */
let ending: Promise<void> | null = null;
let next: Partial<Options> | null = null;
let unread = 0;
const listeners = new Set<(count: number) => void>();

/**
 * The device of this tab, no secret. A log-in of the same device takes the place of the last one, so that a reload leaves no session behind; two
 * tabs must not be the same, or each would sign the other out, and a tab that is duplicated has the storage of the first: the lock tells. The
 * frame cannot keep it, because browsers deny storage to frames of other sites.
 */
async function device(): Promise<string> {
  const fresh = crypto.getRandomValues(new Uint32Array(4)).join('-');
  try {
    const kept = sessionStorage.getItem(KEPT);
    if (kept !== null && (await isFree(kept))) return kept;
    sessionStorage.setItem(KEPT, fresh);
    void isFree(fresh);
  } catch {
    // Storage is forbidden here, too.
  }
  return fresh;
}

/** Takes an id for as long as this page is there; false when another tab keeps it. A page that is left gives it back a moment later. */
function isFree(id: string): Promise<boolean> {
  return new Promise((resolve) => {
    // Without locks nobody can tell whose it is.
    if (!navigator.locks) return resolve(false);
    navigator.locks.request(`${KEPT} ${id}`, { signal: AbortSignal.timeout(LOCK_MS) }, () => {
      resolve(true);
      return new Promise<void>(() => undefined);
    }).catch(() => resolve(false));
  });
}

const tab = device();

const placeOf = ({ user, conversation, with: both }: Place): string | null =>
  both ?? (user ? `user:${user}` : conversation ? `conversation:${conversation}` : null);

function tell(told: (count: number) => void): void {
  try {
    told(unread);
  } catch (error) {
    // The page's own fault, which the others do not suffer for.
    reportError(error);
  }
}

function count(now: number): void {
  unread = now;
  for (const told of listeners) tell(told);
}

async function signed(token: Options['token']): Promise<string> {
  if (typeof token !== 'string') return String(await token());
  const answer = await fetch(token, { method: 'POST' });
  if (!answer.ok) throw new Error(`${token} answered with ${answer.status}`);
  return answer.text();
}

function start(options: Partial<Options> = {}): void {
  if (open) throw new Error('The chat is on the page already; sign out first.');
  if (ending) return void (next = options);
  const given = { ...script.dataset, ...options } as Options;
  if (!given.app) throw new Error('Name the app: data-app of the script, or `app`.');
  if (!given.token) throw new Error('Say where tokens come from: data-token of the script, or `token`.');
  const told = given.onUnread;
  if (told) listeners.add(told);
  const chinese = (given.language ?? 'auto') === 'auto' ? /^zh\b/i.test(navigator.language) : given.language === 'zh';
  const name = given.label ?? (chinese ? '聊天' : 'Chat');
  const button = document.createElement('button');
  const badge = document.createElement('span');
  const label = document.createElement('span');
  const frame = document.createElement('iframe');
  const phone = matchMedia(PHONE);
  let shown = false;
  let port: MessagePort | null = null;
  let before: Element | null = null;
  let gone: (() => void) | null = null;

  // What is asked for now comes before what the tag says, in whichever form each names it.
  const only = placeOf(options) ?? placeOf(script.dataset);
  let place = only;

  const look = (): void => {
    const full = phone.matches;
    Object.assign(frame.style, {
      display: shown ? 'block' : 'none', position: 'fixed', zIndex: '2147483000', border: '0', colorScheme: 'normal', background: 'transparent',
      inset: full ? '0' : 'auto 20px 88px auto', width: full ? '100%' : 'min(380px, calc(100vw - 40px))',
      height: full ? '100%' : 'min(600px, calc(100vh - 108px))', borderRadius: full ? '0' : '16px', boxShadow: full ? 'none' : '0 12px 40px rgb(8 30 30 / .28)',
    });
    button.hidden = shown && full;
    button.setAttribute('aria-expanded', String(shown));
    label.textContent = unread > 0 ? `${name} (${unread})` : name;
    badge.textContent = unread > 99 ? '99+' : unread > 0 ? String(unread) : '';
    badge.style.display = unread > 0 ? 'block' : 'none';
  };
  const turn = (on: boolean): void => {
    if (shown === on) return;
    shown = on;
    if (on) before = document.activeElement;
    look();
    port?.postMessage({ shown });
    if (on) frame.focus();
    else if (document.activeElement === frame || document.activeElement === document.body) (before instanceof HTMLElement && before !== document.body && before.isConnected ? before : button).focus();
  };
  const heard = async ({ data }: MessageEvent<{ token?: number; unread?: number; hide?: true; gone?: true }>): Promise<void> => {
    const answers = port;
    if (data.token !== undefined) {
      try {
        answers?.postMessage({ token: data.token, signed: await signed(given.token) });
      } catch {
        answers?.postMessage({ token: data.token });
      }
    } else if (data.unread !== undefined) {
      count(data.unread);
      look();
    } else if (data.hide) turn(false);
    else if (data.gone) gone?.();
  };

  button.type = 'button';
  Object.assign(button.style, {
    position: 'fixed', zIndex: '2147483000', right: '20px', bottom: '20px', width: '56px', height: '56px', padding: '0', border: '0', borderRadius: '50%',
    background: '#0b716c', color: '#fff', cursor: 'pointer', boxShadow: '0 6px 20px rgb(8 30 30 / .3)', font: '600 12px/18px system-ui, sans-serif',
  });
  Object.assign(badge.style, {
    position: 'absolute', top: '-4px', right: '-4px', minWidth: '20px', height: '20px', padding: '1px 5px', boxSizing: 'border-box', borderRadius: '10px', background: '#c2410c',
  });
  const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  for (const [key, value] of [['viewBox', '0 0 24 24'], ['width', '28'], ['height', '28'], ['fill', 'none'], ['stroke', 'currentColor'], ['stroke-width', '2'], ['aria-hidden', 'true']] as const) icon.setAttribute(key, value);
  path.setAttribute('d', 'M21 12a8 8 0 0 1-8 8H4l1.8-3A8 8 0 1 1 21 12Z');
  icon.style.verticalAlign = 'middle';
  icon.append(path);
  // Its name is text for those who hear it, and the badge for those who see it.
  Object.assign(label.style, { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)' });
  button.append(icon, label, badge);
  button.onclick = () => turn(!shown);
  badge.setAttribute('aria-hidden', 'true');

  frame.title = name;
  frame.allow = 'clipboard-write';
  frame.src = `${origin}/embed/${encodeURIComponent(given.app)}`;
  frame.onload = async () => {
    const id = await tab;
    port?.close();
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = (event) => void heard(event);
    const { language = 'auto', theme = 'auto' } = given;
    // Only our own origin gets the other end, whatever the frame shows.
    frame.contentWindow?.postMessage({ tidings: 1, device: id, with: only && place, language, theme, shown }, origin, [channel.port2]);
    // Where there is a list, a chat that was chosen stands before it.
    if (!only && place) port.postMessage({ place });
  };
  phone.addEventListener('change', look);
  look();
  document.body.append(button, frame);
  open = {
    turn,
    go: (to) => {
      place = to;
      port?.postMessage({ place });
    },
    end: async () => {
      open = null;
      turn(false);
      phone.removeEventListener('change', look);
      button.remove();
      await new Promise<void>((resolve) => {
        gone = resolve;
        setTimeout(resolve, GONE_MS);
        port?.postMessage({ end: true });
      });
      port?.close();
      frame.remove();
      count(0);
      if (told) listeners.delete(told);
    },
  };
  if (given.show) turn(true);
}

const api = {
  /** Puts the button on the page, with the chat behind it. */
  start,
  /** Shows the chat, or one of the chats. Starts it, where that has not been done. */
  open(options: Partial<Options> = {}): void {
    const to = placeOf(options);
    if (!open) return start({ ...options, show: true });
    if (to) open.go(to);
    open.turn(true);
  },
  close(): void {
    open?.turn(false);
  },
  /** Ends the session and takes everything off the page: its user has logged out. */
  async signOut(): Promise<void> {
    next = null;
    if (open) {
      ending = open.end().finally(() => {
        ending = null;
        if (next) start(next);
        next = null;
      });
    }
    await ending;
  },
  /** Tells how many messages are not read, now and whenever that changes. Gives what ends it. */
  onUnread(listener: (count: number) => void): () => void {
    listeners.add(listener);
    tell(listener);
    return () => void listeners.delete(listener);
  },
};

(window as unknown as { Tidings: typeof api }).Tidings = api;

// A page that says in the tag where its tokens come from needs no script of its own.
if (script.dataset.token) {
  if (document.body) start();
  else addEventListener('DOMContentLoaded', () => open ?? start());
}

export {};
