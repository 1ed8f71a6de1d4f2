// What an assistant is writing, before it is an entry: pieces that come in order, or are asked for when some were lost.

import type { AssistantAnswer, DraftView, Entry, ServerFrame } from './protocol';

export type Piece = Extract<ServerFrame, { draft: unknown }>['draft'];
/**
 * An answer that is on its way, or a question that waits. `bytes`: how long its text is in UTF-8, as pieces count; with each of them
 * only the piece is encoded. `done`: all of it is there, its entry follows.
 */
export type Answering = DraftView & { bytes: number; done: boolean };

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** As it was when it was asked for. */
export const answeringOf = (draft: DraftView): Answering => ({ ...draft, bytes: bytesOf(draft.text).length, done: false });

const ofDraft = (held: readonly Answering[], draft: number): Answering | undefined => held.find(({ question }) => question === draft);

/** Whether a piece goes on where what is held ends. */
export const follows = (held: readonly Answering[], { draft, offset }: Piece): boolean => offset <= (ofDraft(held, draft)?.bytes ?? 0);

/** With the piece; the same when some before it is missing. */
export function withPiece(held: readonly Answering[], piece: Piece): readonly Answering[] {
  if (!follows(held, piece)) return held;
  const answer = ofDraft(held, piece.draft);
  const known = answer?.bytes ?? 0;
  const more = bytesOf(piece.text).slice(known - piece.offset);
  const next: Answering = {
    asker: '', replaces: null, ...answer, assistant: piece.author, question: piece.draft, state: 'answering',
    text: (answer?.text ?? '') + new TextDecoder().decode(more), bytes: known + more.length, done: piece.done || (answer?.done ?? false),
  };
  return [...held.filter(({ question }) => question !== piece.draft), next].sort((a, b) => a.question - b.question);
}

/** Without those that an entry has ended. */
export function withoutEnded(held: readonly Answering[], entry: Entry): readonly Answering[] {
  const answer = answerOf(entry);
  if (!answer || !held.some(({ question }) => question === answer.question)) return held;
  return held.filter(({ question, replaces }) => question !== answer.question || (replaces !== null && entry.edited_at === null));
}

export const answerOf = ({ body }: Pick<Entry, 'body'>): AssistantAnswer | null => ('answer' in body ? body.answer : null);
