// What entries say in one line: notices in the thread, previews in the list, quotes.

import { isMessage, store, type Body, type ConversationView, type Row, type Text, type UserId } from '../core';
import { parse, type Block, type Inline } from '../core/md';
import { list, t } from '../i18n';

/** Who reads here. */
export function me(): UserId {
  const session = store.session.value;
  return session.state === 'in' ? session.user : '';
}

/** A chat with an assistant. */
export const isAssistant = (view: ConversationView): boolean => view.meta.value.kind === 'assistant';

/** What somebody is called in a conversation: the own remark, else their name in the group, else their own. */
export function nameIn(view: ConversationView, user: UserId): string {
  const person = store.person(user).value;
  if (person.remark) return person.remark;
  return view.members.value?.find((member) => member.user === user)?.alias ?? person.name;
}

const subject = (view: ConversationView, user: UserId): string => (user === me() ? t('common.you') : nameIn(view, user));

/** The sentence of a notice. */
export function noticeWords(view: ConversationView, { author, body }: Pick<Row, 'author' | 'body'>): string {
  const name = subject(view, author);
  const who = (user: UserId) => (user === me() ? t('chat.youAsObject') : nameIn(view, user));
  if ('recalled' in body) return author === me() ? t('chat.recalledYou') : t('chat.recalled', { name });
  if ('group_created' in body) return t('chat.noticeCreated', { name, title: body.group_created.title });
  if ('members_added' in body) return t('chat.noticeAdded', { name, users: list(body.members_added.users.map(who)) });
  if ('member_removed' in body) return t('chat.noticeRemoved', { name, user: who(body.member_removed.user) });
  if ('member_left' in body) return t('chat.noticeLeft', { name });
  if ('renamed' in body) return t('chat.noticeRenamed', { name, title: body.renamed.title });
  if ('entry_pinned' in body) return t(body.entry_pinned.on ? 'chat.noticePinned' : 'chat.noticeUnpinned', { name });
  if ('rules_changed' in body) return t('chat.noticeRules', { name });
  if ('card_changed' in body) return t('chat.noticeCard', { name });
  if ('join_requested' in body) return t('chat.noticeAsked', { name });
  if ('member_joined' in body) return t('chat.noticeJoined', { name });
  if ('join_answered' in body) return t(body.join_answered.accepted ? 'chat.noticeAccepted' : 'chat.noticeDeclined', { name, user: who(body.join_answered.user) });
  if ('invite_changed' in body) return t(body.invite_changed.on ? 'chat.noticeInviteOn' : 'chat.noticeInviteOff', { name });
  if ('manager_changed' in body) return t(body.manager_changed.manager ? 'chat.noticeManager' : 'chat.noticeNoManager', { name, user: who(body.manager_changed.user) });
  if ('transferred' in body) return t('chat.noticeTransferred', { name, user: who(body.transferred.user) });
  if ('dissolved' in body) return t('chat.noticeDissolved', { name });
  if ('group_muted' in body) return t(body.group_muted.on ? 'chat.noticeMuted' : 'chat.noticeUnmuted', { name });
  if ('member_silenced' in body) return t(body.member_silenced.until ? 'chat.noticeSilenced' : 'chat.noticeUnsilenced', { name, user: who(body.member_silenced.user) });
  if ('alias_changed' in body) {
    const user = subject(view, body.alias_changed.user);
    return body.alias_changed.alias ? t('chat.noticeAlias', { name: user, alias: body.alias_changed.alias }) : t('chat.noticeNoAlias', { name: user });
  }
  if ('contact_answered' in body && body.contact_answered.accepted) return t('chat.noticeContact');
  return t('chat.noticeOther');
}

/** What is left of Markdown without its marks. */
function flat(node: Block | Inline): string {
  if ('text' in node) return node.text;
  if ('children' in node) return node.children.map(flat).join('');
  if ('items' in node) return node.items.flatMap((item) => item.children.map(flat)).join(' ');
  if (node.kind === 'mention') return `@${node.user ?? t('chat.everybody')}`;
  return ' ';
}

/** So much of a message is looked at for its one line. */
const LINE_MAX = 400;
const oneLine = ({ text, ...source }: Text): string => parse(text.slice(0, LINE_MAX), source).map(flat).join(' ').replace(/\s+/g, ' ');

const plain = (text: string): Text => ({ text, markdown: true, reply_to: null, mentions: [], mention_all: false });

/** A message in one line. */
export function bodyWords(body: Body): string {
  if ('text' in body) return oneLine(body.text);
  if ('buttons' in body) return oneLine(body.buttons.text);
  if ('answer' in body) return oneLine(plain(body.answer.text)) || body.answer.problem || t('chat.answerStopped');
  if ('media' in body) {
    const { kind, info, caption } = body.media;
    const words = { image: `📷 ${t('chat.photo')}`, video: `🎬 ${t('chat.video')}`, voice: `🎤 ${t('chat.voice')}`, file: `📎 ${info.name || t('chat.file')}` }[kind] ?? t('chat.file');
    return caption.text ? `${words} ${oneLine(caption)}` : words;
  }
  if ('post' in body) return oneLine(plain(body.post.text || body.post.attachments[0]?.title || body.post.username || t('chat.unknownBody')));
  if ('location' in body) return `📍 ${body.location.name ?? t('chat.location')}`;
  if ('contact_card' in body) return `👤 ${store.person(body.contact_card.user).value.name}`;
  if ('sticker' in body) return body.sticker.set === null ? body.sticker.name : t('chat.sticker');
  if ('custom' in body) return t('chat.custom');
  return t('chat.unknownBody');
}

/** The second line of the list, without the name before it. */
export const previewWords = (view: ConversationView, row: Row): string =>
  isMessage(row.body) && !('recalled' in row.body) ? bodyWords(row.body) : noticeWords(view, row);
