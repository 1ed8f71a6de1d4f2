// Users as this client shows them: profiles, the own list of contacts, presence. Profiles that are not known are asked for, many at
// a time.

import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Contact, PresenceOf, Profile, UserId } from './protocol';
import type { Person } from './model';

/** Profiles wanted within this time are asked for together. */
const GATHER_MS = 30;
/** The most that one question may name. */
export const USERS_PER_QUERY = 100;

/** What somebody is called whose account was deleted; the page says it in its language. */
export const deletedName = signal('deleted user');

interface Known {
  profile: Signal<Profile | null>;
  contact: Signal<Contact | null>;
  presence: Signal<PresenceOf | null>;
  person: ReadonlySignal<Person>;
}

export class People {
  private readonly known = new Map<UserId, Known>();
  private readonly rows = signal<ReadonlyMap<UserId, Contact>>(new Map());
  private readonly whole = { contacts: signal(false), blocked: signal(false) };
  private readonly wanted = new Set<UserId>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  /** Contacts by the name they are shown under. */
  readonly contacts = computed(() => this.list(this.whole.contacts.value, (row) => row.contact));
  readonly blocked = computed(() => this.list(this.whole.blocked.value, (row) => row.blocked));

  /** `fetch` asks the server; what it finds comes back as an event. */
  constructor(private readonly fetch: (users: UserId[]) => void) {}

  person(user: UserId): ReadonlySignal<Person> {
    const known = this.of(user);
    if (!known.profile.peek()) this.want(user);
    return known.person;
  }

  profile(user: UserId): ReadonlySignal<Profile | null> {
    const known = this.of(user);
    if (!known.profile.peek()) this.want(user);
    return known.profile;
  }

  presence(user: UserId): ReadonlySignal<PresenceOf | null> {
    return this.of(user).presence;
  }

  contact(user: UserId): Contact | null {
    return this.of(user).contact.peek();
  }

  takeProfiles(profiles: readonly Profile[]): void {
    batch(() => {
      for (const profile of profiles) {
        const known = this.of(profile.user);
        const held = known.profile.peek();
        if (!held || held.changed <= profile.changed) known.profile.value = profile;
      }
    });
  }

  takePresence(presence: PresenceOf): void {
    this.of(presence.user).presence.value = presence;
  }

  takeContacts(rows: readonly Contact[], whole: 'contacts' | 'blocked' | null): void {
    batch(() => {
      const next = new Map(this.rows.peek());
      if (whole) this.dropThoseNotIn(next, rows, whole);
      for (const row of rows) {
        const held = next.get(row.user);
        if (held && held.changed > row.changed) continue;
        next.set(row.user, row);
        this.of(row.user).contact.value = row;
      }
      this.takeProfiles(rows.map((row) => row.profile));
      this.rows.value = next;
      if (whole) this.whole[whole].value = true;
    });
  }

  /** Nobody is known any more. */
  clear(): void {
    batch(() => {
      for (const { profile, contact, presence } of this.known.values()) profile.value = contact.value = presence.value = null;
      this.rows.value = new Map();
      this.whole.contacts.value = this.whole.blocked.value = false;
    });
  }

  /** Ask again for those that were not there, after a time without a connection. */
  wantAgain(): void {
    for (const [user, { profile }] of this.known) if (!profile.peek()) this.want(user);
  }

  private dropThoseNotIn(all: Map<UserId, Contact>, rows: readonly Contact[], whole: 'contacts' | 'blocked'): void {
    const there = new Set(rows.map((row) => row.user));
    for (const [user, row] of all) {
      if (there.has(user) || !(whole === 'contacts' ? row.contact : row.blocked)) continue;
      const rest = { ...row, contact: whole === 'contacts' ? false : row.contact, blocked: whole === 'blocked' ? false : row.blocked };
      all.set(user, rest);
      this.of(user).contact.value = rest;
    }
  }

  private list(complete: boolean, which: (row: Contact) => boolean): readonly Contact[] | null {
    const rows = [...this.rows.value.values()].filter(which);
    if (!complete && rows.length === 0) return null;
    const name = (row: Contact): string => row.remark ?? row.profile.name;
    return rows.sort((a, b) => name(a).localeCompare(name(b)) || (a.user < b.user ? -1 : 1));
  }

  private of(user: UserId): Known {
    const held = this.known.get(user);
    if (held) return held;
    const profile = signal<Profile | null>(null);
    const contact = signal<Contact | null>(null);
    const person = computed(() => personOf(user, profile.value, contact.value));
    const known = { profile, contact, presence: signal<PresenceOf | null>(null), person };
    this.known.set(user, known);
    return known;
  }

  private want(user: UserId): void {
    this.wanted.add(user);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const users = [...this.wanted];
      this.wanted.clear();
      for (let at = 0; at < users.length; at += USERS_PER_QUERY) this.fetch(users.slice(at, at + USERS_PER_QUERY));
    }, GATHER_MS);
  }
}

function personOf(user: UserId, profile: Profile | null, contact: Contact | null): Person {
  const displayName = profile?.deleted ? deletedName.value : (profile?.name ?? user);
  const remark = contact?.remark ?? null;
  return {
    user,
    name: remark ?? displayName,
    displayName,
    remark,
    avatar: profile?.card.avatar ?? null,
    kind: profile?.kind ?? 'person',
    contact: contact?.contact ?? false,
    blocked: contact?.blocked ?? false,
    deleted: profile?.deleted ?? false,
    known: profile !== null,
    signature: profile?.card.signature ?? null,
  };
}
