// Typing @ asks for people; what stands in the text decides who is named.

import { describe, expect, it } from 'vitest';
import type { ConversationView } from '../../../src/core';
import { mentionAt, mentionsIn } from '../../../src/chat/mention';

const view = (role: 'member' | 'owner', kind = 'group'): ConversationView =>
  ({ meta: { peek: () => ({ kind, role }) }, members: { peek: () => [{ user: 'ada' }, { user: 'Bob' }] } }) as unknown as ConversationView;

describe('a mention', () => {
  it('begins with @ after a space or at the start, and ends at the caret', () => {
    expect(mentionAt('hi @ad', 6)).toEqual({ at: 3, words: 'ad' });
    expect(mentionAt('@', 1)).toEqual({ at: 0, words: '' });
    expect(mentionAt('你好 @林', 5)).toEqual({ at: 3, words: '林' });
    expect(mentionAt('mail me@example', 15)).toBeNull();
    expect(mentionAt('hi @ada there', 13)).toBeNull();
  });

  it('names members by their id, whatever its case', () => {
    expect(mentionsIn(view('member'), 'hi @ADA and @bob, not @carol')).toEqual({ mentions: ['ada', 'Bob'], mention_all: false });
    expect(mentionsIn(view('member', 'direct'), 'hi @ada')).toEqual({ mentions: [], mention_all: false });
  });

  it('names all only for those who may', () => {
    expect(mentionsIn(view('owner'), '@all hear').mention_all).toBe(true);
    expect(mentionsIn(view('member'), '@all hear').mention_all).toBe(false);
  });

  it('is not lost to the full stop after it', () => {
    expect(mentionsIn(view('member'), 'ask @ada.').mentions).toEqual(['ada']);
  });
});
