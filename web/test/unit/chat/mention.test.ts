// Typing @ asks for people; what stands in the text decides who is named.

import { describe, expect, it } from 'vitest';
import type { ConversationView } from '../../../src/core';
import { askedAt } from '../../../src/chat/complete';
import { mentionsIn } from '../../../src/chat/mention';

const view = (role: 'member' | 'owner', kind = 'group'): ConversationView =>
  ({ meta: { peek: () => ({ kind, role }) }, members: { peek: () => [{ user: 'ada' }, { user: 'Bob' }] } }) as unknown as ConversationView;

describe('a mention', () => {
  it('begins with @ after a space or at the start, and ends at the caret', () => {
    expect(askedAt('hi @ad', 6)).toMatchObject({ kind: 'mention', at: 3, words: 'ad' });
    expect(askedAt('@', 1)).toMatchObject({ at: 0, words: '' });
    expect(askedAt('你好 @林', 5)).toMatchObject({ at: 3, words: '林' });
    expect(askedAt('mail me@example', 15)).toBeNull();
    expect(askedAt('hi @ada there', 13)).toBeNull();
  });

  it('is an emoji after a colon and two letters, and without a choice when its code is closed', () => {
    expect(askedAt('well :smi', 9)).toEqual({ kind: 'emoji', at: 5, words: 'smi', whole: false });
    expect(askedAt(':smile:', 7)).toEqual({ kind: 'emoji', at: 0, words: 'smile', whole: true });
    expect(askedAt('at 10:30', 8)).toBeNull();
    expect(askedAt('note :s', 7)).toBeNull();
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
