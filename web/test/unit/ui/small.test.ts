import { beforeAll, describe, expect, it } from 'vitest';
import type { ConversationView } from '../../../src/core';
import { passwordProblem, strength, userProblem } from '../../../src/auth/rules';
import { loadWords } from '../../../src/i18n';
import { neighbour } from '../../../src/shell/keys';
import { hueOf } from '../../../src/ui/Avatar';
import { findEmoji, loadEmoji } from '../../../src/ui/emoji';

describe('names and passwords', () => {
  beforeAll(() => loadWords('log-in'));
  it('are checked as the server does', () => {
    expect(['ada', 'Ada.L_1@x-y', 'a'.repeat(64)].map(userProblem)).toEqual([null, null, null]);
    expect(['', 'a b', 'é', '李', 'a'.repeat(65)].every((user) => userProblem(user) !== null)).toBe(true);
    expect(passwordProblem('1234567', 8)).toContain('1');
    expect(passwordProblem('👍👍👍👍👍👍👍👍', 8)).toBeNull();
  });
  it('are stronger when they are longer', () => {
    expect(['', 'short', 'password1234', 'aaaaaaaaaaaa', 'kitchen7river', 'a quiet afternoon by the sea'].map((password) => strength(password)))
      .toEqual(['none', 'weak', 'weak', 'weak', 'fair', 'good']);
  });
});

describe('the next chat', () => {
  const view = (id: number, unread = 0) => ({ id, unread: { peek: () => unread }, markedUnread: { peek: () => false } }) as unknown as ConversationView;
  const all = [view(1), view(2, 3), view(3), view(4, 1)];
  it('goes in a circle', () => {
    expect([neighbour(all, 1, 1, false)?.id, neighbour(all, 4, 1, false)?.id, neighbour(all, 1, -1, false)?.id]).toEqual([2, 1, 4]);
    expect([neighbour(all, null, 1, false)?.id, neighbour(all, null, -1, false)?.id]).toEqual([1, 4]);
  });
  it('can be the next unread one', () => {
    expect([neighbour(all, 2, 1, true)?.id, neighbour(all, 4, 1, true)?.id, neighbour(all, 1, -1, true)?.id]).toEqual([4, 2, 4]);
    expect([neighbour([view(1)], 1, 1, false), neighbour([], null, 1, true), neighbour([view(1), view(2)], 1, 1, true)]).toEqual([null, null, null]);
  });
});

describe('emoji', () => {
  it('are found by code and by name, the best first', async () => {
    const all = await loadEmoji();
    expect(all.length).toBeGreaterThan(1800);
    expect(findEmoji(all, 'smile')[0]?.char).toBe('😄');
    expect(findEmoji(all, '+1')[0]?.char).toBe('👍');
    expect(findEmoji(all, 'red heart')[0]?.char).toBe('❤️');
    expect(findEmoji(all, '  ')).toEqual([]);
    expect(findEmoji(all, 'qqqq')).toEqual([]);
  });
});

it('a colour belongs to an id', () => {
  expect(hueOf('ada')).toBe(hueOf('ada'));
  for (const id of ['', 'x', '李薇', 12, 'a'.repeat(5000)]) expect(hueOf(id)).toBeGreaterThanOrEqual(0), expect(hueOf(id)).toBeLessThan(360);
});
