// What pages can do. Each is a command or question for the tab that leads; nothing here keeps state of its own.

import type { Call, Loadable } from './leader';
import type {
  Answer, Body, Command, CommandResult, ConversationId, Key, MediaInfo, MediaKind, Query, Text,
} from './protocol';
import type { Outgoing, To, Upload, Words } from './model';
import { Problem } from './problem';
import type { Seldom, Tools } from './seldom';
import type { State } from './state';
import type { Actions } from './store';

/** Muted for ever is muted until a time far away. */
const FOREVER = 253_402_300_799_000;

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
    requestsSeen: () => {
      const feed = hands.state().every().find(({ meta }) => meta.peek().kind === 'feed');
      if (feed && hands.state().requestsUnread.peek() > 0) hands.read(feed.id, feed.meta.peek().head);
    },
    ...seldom({ hands, submit, done, load, query }),
  };
}

/** What is done seldom: its code comes when the first of it is done. The compiler finds one that is missing. */
const NAMES: { readonly [N in keyof Seldom]: 1 } = {
  createGroup: 1, rename: 1, setGroupCard: 1, setGroupRules: 1, loadMembers: 1, addMembers: 1, removeMember: 1, setManager: 1, transfer: 1, leave: 1,
  dissolve: 1, muteGroup: 1, silence: 1, setAlias: 1, findGroups: 1, join: 1, groupOfCode: 1, joinByCode: 1, joinRequests: 1, answerJoin: 1, invites: 1,
  createInvite: 1, revokeInvite: 1, loadContacts: 1, loadBlocked: 1, loadRequests: 1, findUsers: 1, relations: 1, requestContact: 1, answerContact: 1,
  setContact: 1, deleteContacts: 1, deleteAllContacts: 1, block: 1, createLabel: 1, renameLabel: 1, deleteLabel: 1, labelContacts: 1,
  receipts: 1, gallery: 1, openAssistant: 1, stopAnswer: 1, regenerate: 1, setProfile: 1, upload: 1, setSettings: 1, setPresence: 1, sessions: 1, endSession: 1, search: 1,
};

function seldom(tools: Tools): Seldom {
  const later = (name: string) => async (...given: unknown[]) => {
    const all = (await import('./seldom')).seldomOf(tools) as unknown as Record<string, (...given: unknown[]) => unknown>;
    return all[name]!(...given);
  };
  return Object.fromEntries(Object.keys(NAMES).map((name) => [name, later(name)])) as unknown as Seldom;
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
