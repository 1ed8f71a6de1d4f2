// What pages do seldom: groups beyond writing into them, contacts and labels, one's own account, searching. `actions.ts` loads it with the first of them.

import type { Hands } from './actions';
import type { Loadable } from './leader';
import type { Answer, Command, CommandResult, GroupRules, Query, UserId } from './protocol';
import { newInviteCode } from './key';
import type { Upload } from './model';
import { Problem } from './problem';
import type { Actions } from './store';

const COUNT = 50;
/** Contacts deleted by one command. */
const USERS_MAX = 100;

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

function others(hands: Hands, submit: Submit, done: Done, load: Load, query: Ask) {
  return {
    receipts: async (conversation, seq) => {
      const { cursors, read } = await query({ receipts: { conversation, seq } }, 'receipts');
      return { cursors, read };
    },
    gallery: async (conversation, kinds, before = null) =>
      (await query({ gallery: { conversation, kinds, before, limit: COUNT } }, 'entries')).entries,
    openAssistant: async (assistant) => {
      const result = await submit({ open_assistant: { assistant, title: null } });
      if (!('conversation' in result)) throw new Problem('unsupported', 'The server answered something else; update this page.');
      await load({ conversation: result.conversation.conversation });
      return result.conversation.conversation;
    },
    stopAnswer: (conversation) => done({ stop_answer: { conversation } }),
    regenerate: (conversation, seq) => done({ regenerate: { conversation, seq } }),
    setProfile: (name, card) => done({ set_profile: { name, card } }),
    upload: async (file, name, progress) => {
      const upload: Upload = { blob: file, name, kind: 'image', caption: { text: '', markdown: false, reply_to: null, mentions: [], mention_all: false }, id: null, media: null };
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
  } satisfies Partial<Actions>;
}

/** What they are made of. */
export interface Tools {
  hands: Hands;
  submit: Submit;
  done: Done;
  load: Load;
  query: Ask;
}

export const seldomOf = ({ hands, submit, done, load, query }: Tools) => ({ ...groups(submit, done, load, query), ...people(hands, submit, done, load, query), ...others(hands, submit, done, load, query) });
export type Seldom = Pick<Actions, keyof ReturnType<typeof seldomOf>>;
