// Small facts about entries and addresses that core and pages share.

import type { Body, InviteCode, Seq, Text } from './protocol';

const MESSAGES = new Set(['text', 'custom', 'media', 'location', 'contact_card', 'sticker', 'recalled', 'answer', 'post', 'buttons']);
const SILENT = new Set(['edited', 'recalled_entry', 'reacted']);

/** The kind of a body: the name of its one field. */
export const kindOf = (body: Body): string => Object.keys(body)[0] ?? '';

/** Whether an entry is something that somebody said; everything else is a notice. Messages count as unread. */
export const isMessage = (body: Body): boolean => MESSAGES.has(kindOf(body));

/** Whether it has a row of its own. Edits, recalls and reactions show in the row that they are about. */
export const isShown = (body: Body): boolean => !SILENT.has(kindOf(body));

/** The entry that a notice says was rewritten. */
export function targetOf(body: Body): Seq | null {
  if ('edited' in body) return body.edited.target;
  if ('recalled_entry' in body) return body.recalled_entry.target;
  if ('reacted' in body) return body.reacted.target;
  return null;
}

/** The words of a body that can mention somebody. */
export function textOf(body: Body): Text | null {
  if ('text' in body) return body.text;
  if ('media' in body) return body.media.caption;
  if ('buttons' in body) return body.buttons.text;
  return null;
}

/** The entry that a body answers. */
export function replyOf(body: Body): Seq | null {
  if ('custom' in body) return body.custom.reply_to;
  if ('location' in body) return body.location.reply_to;
  if ('contact_card' in body) return body.contact_card.reply_to;
  if ('sticker' in body) return body.sticker.reply_to;
  return textOf(body)?.reply_to ?? null;
}

/** The path of an invite link; the page puts its own origin before it. */
export const inviteUrl = (code: InviteCode): string => `/i/${code}`;
