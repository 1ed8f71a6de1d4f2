// What pages can do. Each is a command or question for the tab that leads; nothing here keeps state of its own.

import type { Call, Loadable } from './leader';
import type {
  Answer, Body, Command, CommandResult, ConversationId, GroupRules, Key, MediaInfo, MediaKind, Query, Text, UserId,
} from './protocol';
import type { Outgoing, To, Upload, Words } from './model';
import { newInviteCode } from './key';
import { Problem } from './problem';
import type { State } from './state';
import type { Actions } from './store';

/** Muted for ever is muted until a time far away. */
const FOREVER = 253_402_300_799_000;
const COUNT = 50;
/** Contacts deleted by one command. */
const USERS_MAX = 100;

/** What actions need of the tab. */
export interface Hands {
  state(): State;
  call<T>(call: Call): Promise<T>;
  newKey(): Key;
  /** The server's time. */
  now(): number;
  /** The next place in the order of what is written. */
  order(): number;
  read(conversation: ConversationId, seq: number): void;
  typing(conversation: ConversationId, active: boolean): void;
  draft: Actions['setDraft'];
}

type Some = Omit<
  Actions,
  | 'logOut' | 'changePassword' | 'deleteAccount' | 'reconnect'
  | 'setPreferences' | 'allowNotifications' | 'pushOn' | 'pushOff' | 'pushTest' | 'update'
>;

export function actionsOf(hands: Hands): Some {
  const submit = (command: Command): Promise<CommandResult> => hands.call({ submit: { command, key: hands.newKey() } });
  const done = async (command: Command): Promise<void> => void (await submit(command));
  const load = (what: Loadable): Promise<void> => hands.call({ load: what });
  const query = async <K extends string>(asked: Query, kind: K): Promise<Extract<Answer, Record<K, unknown>>[K]> => {
    const answer = await hands.call<Answer>({ query: asked });
    if (!(kind in answer)) throw new Problem('unsupported', 'The server answered something else; update this page.');
    return (answer as unknown as Record<K, never>)[kind];
  };
  const enqueue = async (to: To, body: Body, more: Partial<Outgoing> = {}): Promise<string> => {
    const item: Outgoing = {
      key: hands.newKey(), order: hands.order(), to: placed(hands.state(), to), body, forward: null, origin: null, upload: null,
      at: hands.now(), failed: null, ...more,
    };
    await hands.call({ enqueue: item });
    return item.key;
  };

  return {
    send: (to, words) => enqueue(to, { text: textOf(words) }),
    sendFile: (to, file, { kind, name, caption }) => {
      const upload: Upload = {
        blob: file,
        name: name ?? ('name' in file && file.name ? file.name : 'file'),
        kind: kind ?? kindOfFile(file),
        caption: textOf(caption ?? { text: '' }),
        id: null,
        media: null,
      };
      const body: Body = { media: { kind: upload.kind, info: infoOf(upload, hands.now()), caption: upload.caption } };
      return enqueue(to, body, { upload });
    },
    sendLocation: (to, { reply_to = null, ...place }) => enqueue(to, { location: { ...place, reply_to } }),
    sendContactCard: (to, user, reply_to = null) => enqueue(to, { contact_card: { user, reply_to } }),
    sendSticker: (to, { reply_to = null, ...sticker }) => enqueue(to, { sticker: { ...sticker, reply_to } }),
    forward: async (from, seq, to) => {
      const entry = hands.state().get(from)?.log.get(seq);
      if (!entry) throw new Problem('not_found', 'This message is not there any more.');
      const origin = entry.origin ?? { author: entry.author, at: entry.at };
      for (const target of to) await enqueue(target, passedOn(entry.body), { forward: { from, seq }, origin });
    },
    retry: (id) => hands.call({ retry: id }),
    discard: (id) => hands.call({ discard: id }),
    edit: (conversation, seq, text) => done({ edit: { conversation, seq, text } }),
    recall: (conversation, seq) => done({ recall: { conversation, seq } }),
    react: (conversation, seq, emoji, on) => done({ react: { conversation, seq, emoji, on } }),
    pinEntry: async (conversation, seq, on) => {
      await submit({ pin_entry: { conversation, seq, on } });
      if (hands.state().get(conversation)?.pinsWanted) await load({ pins: conversation });
    },
    receipts: async (conversation, seq) => {
      const { cursors, read } = await query({ receipts: { conversation, seq } }, 'receipts');
      return { cursors, read };
    },
    gallery: async (conversation, kinds, before = null) =>
      (await query({ gallery: { conversation, kinds, before, limit: COUNT } }, 'entries')).entries,
    loadPins: (conversation) => load({ pins: conversation }),

    openDirect: async (user) => {
      const known = hands.state().direct(user).peek();
      if (known) return known.id;
      const result = await submit({ open_direct: { user } });
      if (!('conversation' in result)) throw new Problem('unsupported', 'The server answered something else; update this page.');
      return result.conversation.conversation;
    },
    loadConversation: (conversation) => load({ conversation }),
    pin: (conversation, pinned) => done({ pin: { conversation, pinned } }),
    mute: (conversation, until) => done({ mute: { conversation, until: until === 'forever' ? FOREVER : until } }),
    hide: (conversation, hidden) => done({ hide: { conversation, hidden } }),
    markRead: (conversation) => hands.read(conversation, hands.state().get(conversation)?.meta.peek().head ?? 0),
    markUnread: (conversation) => done({ mark_unread: { conversation } }),
    markAllRead: () => {
      for (const { id, meta, unread, markedUnread } of hands.state().every()) {
        if (meta.peek().kind !== 'feed' && (unread.peek() > 0 || markedUnread.peek())) hands.read(id, meta.peek().head);
      }
    },
    clearHistory: (conversation) => done({ clear_history: { conversation } }),
    typing: hands.typing,
    setDraft: hands.draft,

    loadAnswers: (conversation) => load({ answers: conversation }),
    openAssistant: async (assistant) => {
      const result = await submit({ open_assistant: { assistant, title: null } });
      if (!('conversation' in result)) throw new Problem('unsupported', 'The server answered something else; update this page.');
      await load({ conversation: result.conversation.conversation });
      return result.conversation.conversation;
    },
    stopAnswer: (conversation) => done({ stop_answer: { conversation } }),
    regenerate: (conversation, seq) => done({ regenerate: { conversation, seq } }),

    ...groups(submit, done, load, query),
    ...people(hands, submit, done, load, query),

    setProfile: (name, card) => done({ set_profile: { name, card } }),
    upload: async (file, name, progress) => {
      const upload: Upload = { blob: file, name, kind: 'image', caption: textOf({ text: '' }), id: null, media: null };
      const { uploadFile } = await import('./uploads');
      return uploadFile(upload, { key: hands.newKey(), ...(progress ? { progress } : {}) });
    },
    setSettings: (settings) => done({ set_settings: { settings } }),
    setPresence: (presence) => done({ set_presence: { presence } }),
    sessions: async () => (await query({ sessions: {} }, 'sessions')).sessions,
    endSession: (session) => done({ end_session: { session } }),
    search: async ({ q, conversation = null, from = null, before = null, after = null, has = null, cursor = null, limit = 20 }) => {
      const { hits, next, complete } = await query({ search: { q, conversation, from, before, after, has, cursor, limit } }, 'found');
      return { hits, next, complete };
    },
  };
}

type Submit = (command: Command) => Promise<CommandResult>;
type Done = (command: Command) => Promise<void>;
type Load = (what: Loadable) => Promise<void>;
type Ask = <K extends string>(asked: Query, kind: K) => Promise<Extract<Answer, Record<K, unknown>>[K]>;

const RULES: GroupRules = {
  kind: 'private', invite: 'members', join: 'approval', edit: 'managers', pin: 'managers', history: 'from_joining', keep_reading: true,
  members_max: null,
};

function groups(submit: Submit, done: Done, load: Load, query: Ask) {
  return {
    createGroup: async (title: string, members: UserId[], rules: Partial<GroupRules> = {}) => {
      const result = await submit({ create_group: { title, members, rules: { ...RULES, ...rules } } });
      if (!('conversation' in result)) throw new Problem('unsupported', 'The server answered something else; update this page.');
      return result.conversation.conversation;
    },
    rename: (conversation, title) => done({ rename: { conversation, title } }),
    setGroupCard: (conversation, card) => done({ set_group_card: { conversation, card } }),
    setGroupRules: (conversation, rules) => done({ set_group_rules: { conversation, rules } }),
    loadMembers: (conversation) => load({ members: conversation }),
    addMembers: (conversation, users) => done({ add_members: { conversation, users } }),
    removeMember: (conversation, user) => done({ remove_member: { conversation, user } }),
    setManager: (conversation, user, manager) => done({ set_manager: { conversation, user, manager } }),
    transfer: (conversation, user) => done({ transfer: { conversation, user } }),
    leave: (conversation) => done({ leave: { conversation } }),
    dissolve: (conversation) => done({ dissolve: { conversation } }),
    muteGroup: (conversation, on) => done({ mute_group: { conversation, on } }),
    silence: (conversation, user, until) => done({ silence_member: { conversation, user, until } }),
    setAlias: (conversation, user, alias) => done({ set_alias: { conversation, user, alias } }),
    findGroups: async (text, after = null) => {
      const { groups: items, more } = await query({ find_groups: { text, after, limit: COUNT } }, 'groups');
      return { items, more };
    },
    join: async (conversation, greeting) => ('appended' in (await submit({ join: { conversation, greeting } })) ? 'joined' : 'asked'),
    groupOfCode: async (code) => {
      const [group] = (await query({ group_of_code: { code } }, 'groups')).groups;
      if (!group) throw new Problem('not_found', 'This link leads nowhere any more; ask for a new one.');
      return group;
    },
    joinByCode: async (code) => {
      const result = await submit({ join_by_code: { code } });
      if ('appended' in result) return result.appended.conversation;
      const [group] = (await query({ group_of_code: { code } }, 'groups')).groups;
      if (!group) throw new Problem('not_found', 'This link leads nowhere any more; ask for a new one.');
      return group.conversation;
    },
    joinRequests: async (conversation, after = null) => {
      const { requests: items, more } = await query({ join_requests: { conversation, after, limit: COUNT } }, 'join_requests');
      return { items, more };
    },
    answerJoin: (conversation, user, accept) => done({ answer_join: { conversation, user, accept } }),
    invites: async (conversation) => (await query({ invites: { conversation } }, 'invites')).invites,
    createInvite: async (conversation, { expires, uses_max }) => {
      const code = newInviteCode();
      await submit({ create_invite: { conversation, code, expires, uses_max } });
      return code;
    },
    revokeInvite: (conversation, code) => done({ revoke_invite: { conversation, code } }),
  } satisfies Partial<Actions>;
}

function people(hands: Hands, submit: Submit, done: Done, load: Load, query: Ask) {
  return {
    loadContacts: () => load({ contacts: null }),
    loadBlocked: () => load({ blocked: null }),
    loadRequests: () => load({ requests: null }),
    requestsSeen: () => {
      const feed = hands.state().every().find(({ meta }) => meta.peek().kind === 'feed');
      if (feed && hands.state().requestsUnread.peek() > 0) hands.read(feed.id, feed.meta.peek().head);
    },
    findUsers: async (text, after = null) => {
      const { users: items, more } = await query({ find_users: { text, after, limit: COUNT } }, 'found_users');
      return { items, more };
    },
    relations: async (users) => (await query({ relations: { users } }, 'relations')).relations,
    requestContact: (user, { greeting, remark, source }) => done({ request_contact: { user, greeting, remark, source } }),
    answerContact: (user, accept) => done({ answer_contact: { user, accept } }),
    setContact: (user, { remark, labels }) => {
      const extra = hands.state().people.contact(user)?.extra ?? {};
      return done({ set_contact: { user, remark, labels, extra } });
    },
    deleteContacts: async (users) => {
      for (let at = 0; at < users.length; at += USERS_MAX) await submit({ delete_contacts: { users: users.slice(at, at + USERS_MAX) } });
    },
    deleteAllContacts: async () => {
      for (let more = true; more; ) {
        const result = await submit({ delete_all_contacts: {} });
        more = 'removed' in result && result.removed.more;
      }
    },
    block: async (user, on) => {
      await submit({ block: { user, on } });
      await load({ blocked: null });
    },
    createLabel: async (name) => {
      const result = await submit({ create_label: { name } });
      if (!('label' in result)) throw new Problem('unsupported', 'The server answered something else; update this page.');
      return result.label.label;
    },
    renameLabel: (label, name) => done({ rename_label: { label, name } }),
    deleteLabel: (label) => done({ delete_label: { label } }),
    labelContacts: (label, add, remove) => done({ label_contacts: { label, add, remove } }),
  } satisfies Partial<Actions>;
}

/** The direct chat with a user where it is known, so that everything for it goes in one line. */
function placed(state: State, to: To): To {
  const known = 'user' in to ? state.direct(to.user).peek() : null;
  return known ? { conversation: known.id } : to;
}

function textOf({ text, markdown = false, reply_to = null, mentions = [], mention_all = false }: Words): Text {
  return { text, markdown, reply_to, mentions, mention_all };
}

/** What a forwarded message says: what answers and names somebody stays behind. */
function passedOn(body: Body): Body {
  const plain = (text: Text): Text => ({ ...text, reply_to: null, mentions: [], mention_all: false });
  if ('text' in body) return { text: plain(body.text) };
  if ('media' in body) return { media: { ...body.media, caption: plain(body.media.caption) } };
  const [kind, fields] = Object.entries(body)[0] as [string, object];
  return { [kind]: { ...fields, reply_to: null } } as unknown as Body;
}

const SHOWN_IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

function kindOfFile({ type }: Blob): MediaKind {
  if (SHOWN_IMAGES.has(type)) return 'image';
  return type.startsWith('video/') ? 'video' : 'file';
}

/** What is known of a file before the server has looked at it. */
function infoOf({ blob, name }: Upload, created: number): MediaInfo {
  return {
    media: '', name, content_type: blob.type || 'application/octet-stream', bytes: blob.size, width: null, height: null,
    duration_ms: null, thumbnail: false, created,
  };
}
