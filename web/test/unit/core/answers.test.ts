// What an assistant writes comes in pieces that say where they belong, in bytes of UTF-8.

import { describe, expect, it } from 'vitest';
import { answeringOf, follows, withPiece, type Answering, type Piece } from '../../../src/core/answers';

const piece = (offset: number, text: string, done = false): Piece => ({ author: 'parrot', conversation: 1, draft: 3, offset, text, done });
const after = (held: readonly Answering[], ...pieces: Piece[]) => pieces.reduce(withPiece, held);

describe('an answer', () => {
  it('grows at its end, counted in bytes', () => {
    expect(after([], piece(0, '汤，'), piece(6, '好的 👍'), piece(17, '.', true))).toMatchObject([{ question: 3, text: '汤，好的 👍.', bytes: 18, done: true }]);
  });

  it('has what came twice once', () => {
    expect(after([], piece(0, '汤，'), piece(0, '汤，好'), piece(3, '，好'))).toMatchObject([{ text: '汤，好', bytes: 9 }]);
  });

  it('goes on where it was when it was asked for', () => {
    const held = [answeringOf({ asker: 'ada', assistant: 'parrot', question: 3, replaces: null, state: 'answering', text: '汤' })];
    expect(follows(held, piece(4, 'x'))).toBe(false);
    expect(withPiece(held, piece(4, 'x'))).toBe(held);
    expect(withPiece(held, piece(3, '!'))).toMatchObject([{ asker: 'ada', text: '汤!', bytes: 4, done: false }]);
  });
});
