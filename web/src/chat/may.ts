// What can be done with a message: the rules of docs/domain.md. The server decides; this keeps away what would be refused.

import { isMessage, store, type ConversationMeta, type Row } from '../core';
import { isAbove } from '../groups/may';

// What the server says; its own defaults until it has.
const editMs = (): number => store.me.value?.edit_window_ms ?? 24 * 60 * 60_000;
const recallMs = (): number => store.me.value?.recall_window_ms ?? 2 * 60_000;
/** How long after the recall its author can take the words up again. */
export const RE_EDIT_MS = 5 * 60_000;

const said = (row: Row): boolean => row.seq !== null && isMessage(row.body) && !('recalled' in row.body);
const here = ({ inbox, group }: ConversationMeta): boolean => !inbox.gone && !group?.dissolved;

export const mayAnswer = (meta: ConversationMeta, row: Row): boolean => said(row) && here(meta);
/** Whether an answer has thumbs below it: where there are words to judge and reactions are taken. */
export const hasThumbs = (meta: ConversationMeta, row: Row): boolean => 'answer' in row.body && row.body.answer.text !== '' && mayAnswer(meta, row);
/** Whether a reaction is the reader's own thumb, which stands there, pressed, and not among the reactions. */
export const isOwnThumb = (emoji: string, users: readonly string[], self: string): boolean => (emoji === '👍' || emoji === '👎') && users.join() === self;
export const mayForward = (row: Row): boolean => said(row);
export const mayEdit = (meta: ConversationMeta, row: Row, now: number): boolean => said(row) && here(meta) && row.mine && 'text' in row.body && row.origin === null && now - row.at < editMs();

export function mayRecall(meta: ConversationMeta, row: Row, now: number, roleOfAuthor: ConversationMeta['role'] = 'member'): boolean {
  if (!said(row) || !here(meta)) return false;
  if (row.mine && (now - row.at < recallMs() || meta.role === 'owner')) return true;
  return meta.group !== null && !row.mine && isAbove(meta.role, roleOfAuthor);
}

export function mayPin(meta: ConversationMeta, row: Row): boolean {
  if (!said(row) || !here(meta)) return false;
  return meta.group === null || meta.role !== 'member' || (meta.group.rules.kind === 'private' && meta.group.rules.pin === 'members');
}
