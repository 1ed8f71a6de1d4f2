// The address of the page is its state: a small router over the history, with one signal that the pages read.

import { signal } from '@preact/signals';

export type Route =
  | { page: 'login' } | { page: 'register'; invite: string | null } | { page: 'setup' } | { page: 'password' } | { page: 'welcome' }
  | { page: 'invite'; code: string }
  | { page: 'chats'; conversation: number | null; seq: number | null }
  | { page: 'assistant'; conversation: number | null }
  | { page: 'contacts'; section: 'people' | 'new' | 'groups' } | { page: 'user'; user: string }
  | { page: 'group'; group: number }
  | { page: 'settings'; section: string | null } | { page: 'console'; section: string | null; item: string | null }
  | { page: 'missing' };

/** The area of the shell that a route lights up. */
export type Section = 'chats' | 'contacts' | 'assistant' | 'settings' | 'console' | null;

const NUMBER = /^[1-9]\d{0,15}$/;
const id = (part: string | undefined): number | null => (part !== undefined && NUMBER.test(part) ? Number(part) : null);

/** Reads an address. What is no address of ours is `missing`, never an exception. */
export function parse(pathname: string): Route {
  let parts: string[];
  try {
    parts = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return { page: 'missing' };
  }
  const [first, second, third, fourth, ...rest] = parts;
  if (rest.length > 0) return { page: 'missing' };
  const depth = parts.length;
  switch (first) {
    case undefined: return { page: 'chats', conversation: null, seq: null };
    case 'login': case 'setup': case 'password': case 'welcome': return depth === 1 ? { page: first } : { page: 'missing' };
    case 'register': return depth === 1 ? { page: 'register', invite: null } : { page: 'missing' };
    // Whoever makes an account on the way into a group comes back to the invitation.
    case 'i':
      if (second && third === 'register' && depth === 3) return { page: 'register', invite: second };
      return second && depth === 2 ? { page: 'invite', code: second } : { page: 'missing' };
    case 'c': {
      const conversation = id(second);
      const seq = third === 'm' ? id(fourth) : null;
      return conversation === null || (depth !== 2 && (seq === null || depth !== 4)) ? { page: 'missing' } : { page: 'chats', conversation, seq };
    }
    case 'assistant': return depth === 1 || (depth === 2 && id(second)) ? { page: 'assistant', conversation: id(second) } : { page: 'missing' };
    case 'contacts': {
      const section = second ?? 'people';
      return depth <= 2 && (section === 'people' || section === 'new' || section === 'groups') ? { page: 'contacts', section } : { page: 'missing' };
    }
    case 'u': return second && depth === 2 ? { page: 'user', user: second } : { page: 'missing' };
    case 'g': {
      const group = id(second);
      return group !== null && third === 'manage' && depth === 3 ? { page: 'group', group } : { page: 'missing' };
    }
    case 'settings': return depth <= 2 ? { page: first, section: second ?? null } : { page: 'missing' };
    // An item of a section: one app.
    case 'console': return depth <= 3 ? { page: first, section: second ?? null, item: third ?? null } : { page: 'missing' };
    default: return { page: 'missing' };
  }
}

/** The addresses, made in one place. */
export const paths = {
  chats: '/', login: '/login', welcome: '/welcome', contacts: '/contacts', newFriends: '/contacts/new', groups: '/contacts/groups',
  chat: (conversation: number, seq?: number | null): string => `/c/${conversation}${seq ? `/m/${seq}` : ''}`,
  assistant: (conversation?: number | null): string => (conversation ? `/assistant/${conversation}` : '/assistant'),
  user: (user: string): string => `/u/${encodeURIComponent(user)}`,
  group: (group: number): string => `/g/${group}/manage`,
  settings: (section?: string): string => (section ? `/settings/${section}` : '/settings'),
  console: (section?: string, item?: string | number): string => ['/console', section, item].filter(Boolean).join('/'),
  invite: (code: string): string => `/i/${encodeURIComponent(code)}`,
  register: (invite?: string | null): string => (invite ? `/i/${encodeURIComponent(invite)}/register` : '/register'),
};

export function sectionOf(current: Route): Section {
  switch (current.page) {
    case 'chats': return 'chats';
    case 'contacts': case 'user': case 'group': return 'contacts';
    case 'assistant': case 'settings': case 'console': return current.page;
    default: return null;
  }
}

export const route = signal<Route>(typeof location === 'undefined' ? { page: 'missing' } : parse(location.pathname));

/** Goes to an address of this client. `replace` leaves no step to come back to. */
export function go(path: string, { replace = false } = {}): void {
  if (path !== location.pathname) history[replace ? 'replaceState' : 'pushState'](null, '', path);
  route.value = parse(location.pathname);
}

/** One step back; to `fallback` when the visit began here. */
export function back(fallback: string): void {
  if (history.state === null && history.length <= 1) go(fallback, { replace: true });
  else history.back();
}

/** What an inner link needs; a click with a modifier stays the browser's. */
export function linkTo(path: string): { href: string; onClick: (event: MouseEvent) => void } {
  return {
    href: path,
    onClick: (event) => {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      go(path);
    },
  };
}

/** Follows the browser's back and forward. */
export function startRouter(): void {
  addEventListener('popstate', () => {
    route.value = parse(location.pathname);
  });
}
