// Whoever looks at a message is offered what the rules of docs/domain.md give them, and nothing that would be refused.

import { describe, expect, it } from 'vitest';
import type { ConversationMeta, Row } from '../../../src/core';
import { hasThumbs, isOwnThumb, mayAnswer, mayEdit, mayForward, mayPin, mayRecall } from '../../../src/chat/may';

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;

const row = (change: Partial<Row> = {}): Row =>
  ({ id: 'a', seq: 7, at: NOW - MINUTE, author: 'ada', mine: true, message: true, origin: null, body: { text: { text: 'Hello', markdown: false, reply_to: null, mentions: [], mention_all: false } }, ...change }) as Row;
const direct = { role: 'member', group: null, inbox: { gone: false } } as unknown as ConversationMeta;
const group = (role: ConversationMeta['role'], change: object = {}): ConversationMeta =>
  ({ role, inbox: { gone: false }, group: { dissolved: null, rules: { kind: 'private', pin: 'managers' }, ...change } }) as unknown as ConversationMeta;

describe('a message', () => {
  it('is edited by its author, as a text, for a day', () => {
    expect(mayEdit(direct, row(), NOW)).toBe(true);
    expect(mayEdit(direct, row({ mine: false }), NOW)).toBe(false);
    expect(mayEdit(direct, row({ at: NOW - 25 * 60 * MINUTE }), NOW)).toBe(false);
    expect(mayEdit(direct, row({ body: { sticker: { set: null, name: '🎉', reply_to: null } } }), NOW)).toBe(false);
  });

  it('is recalled by its author for two minutes, and by managers when a member said it', () => {
    expect(mayRecall(direct, row(), NOW)).toBe(true);
    expect(mayRecall(direct, row({ at: NOW - 3 * MINUTE }), NOW)).toBe(false);
    const other = row({ mine: false, author: 'bob', at: NOW - 600 * MINUTE });
    expect(mayRecall(group('manager'), other, NOW, 'member')).toBe(true);
    expect(mayRecall(group('manager'), other, NOW, 'owner')).toBe(false);
    expect(mayRecall(group('member'), other, NOW, 'member')).toBe(false);
  });

  it('is pinned by both in a direct chat, and in a group by whom its rule names', () => {
    expect(mayPin(direct, row())).toBe(true);
    expect(mayPin(group('member'), row())).toBe(false);
    expect(mayPin(group('member', { rules: { kind: 'private', pin: 'members' } }), row())).toBe(true);
    expect(mayPin(group('owner'), row())).toBe(true);
  });

  it('can do nothing any more once it is recalled, before it is sent, or where the group is over', () => {
    for (const gone of [row({ body: { recalled: {} } }), row({ seq: null })]) {
      expect([mayAnswer(direct, gone), mayForward(gone), mayPin(direct, gone), mayRecall(direct, gone, NOW), mayEdit(direct, gone, NOW)]).not.toContain(true);
    }
    expect(mayAnswer(group('owner', { dissolved: NOW }), row())).toBe(false);
  });
});

describe('an answer', () => {
  const answer = (text: string) => row({ mine: false, body: { answer: { text } } as unknown as Row['body'] });

  it('has thumbs where there are words to judge and reactions are taken', () => {
    expect(hasThumbs(direct, answer('Forty-two.'))).toBe(true);
    expect(hasThumbs(direct, answer(''))).toBe(false);
    expect(hasThumbs(direct, row())).toBe(false);
    expect(hasThumbs(group('member', { dissolved: NOW }), answer('Forty-two.'))).toBe(false);
    expect(hasThumbs({ ...direct, inbox: { gone: true } } as unknown as ConversationMeta, answer('Forty-two.'))).toBe(false);
  });

  it('shows the own thumb there and every other reaction as one', () => {
    expect(['👍', '👎', '👍🏽', '❤️'].map((emoji) => isOwnThumb(emoji, ['ada'], 'ada'))).toEqual([true, true, false, false]);
    expect(isOwnThumb('👍', ['ada', 'bob'], 'ada')).toBe(false);
    expect(isOwnThumb('👍', ['bob'], 'ada')).toBe(false);
  });
});
