// What an assistant is writing, before it is an entry: pieces that come in order, or are asked for when some were lost.

import type { AssistantAnswer, DraftView, Entry, ServerFrame } from './protocol';

export type Piece = Extract<ServerFrame, { draft: unknown }>['draft'];
/** An answer that is on its way, or a question that waits. `done`: all of it is there, its entry follows. */
export type Answering = DraftView & { done: boolean };

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Whether a piece goes on where what is held ends. */
export function follows(held: readonly Answering[], { draft, offset }: Piece): boolean {
  const answer = held.find(({ question }) => question === draft);
  return offset <= (answer ? bytesOf(answer.text).length : 0);
}

/** With the piece; the same when some before it is missing. */
export function withPiece(held: readonly Answering[], piece: Piece): readonly Answering[] {
  if (!follows(held, piece)) return held;
  const answer = held.find(({ question }) => question === piece.draft);
  const known = answer ? bytesOf(answer.text).length : 0;
  const text = (answer?.text ?? '') + new TextDecoder().decode(bytesOf(piece.text).slice(known - piece.offset));
  const next: Answering = {
    asker: '', replaces: null, ...answer, assistant: piece.author, question: piece.draft, state: 'answering', text, done: piece.done || (answer?.done ?? false),
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
