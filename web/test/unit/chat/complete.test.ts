// The commands that stand over the field while one is typed.

import { describe, expect, it, vi } from 'vitest';
import type { ConversationView } from '../../../src/core';

const store = vi.hoisted(() => ({ assistants: { value: [{ user: 'parrot' }] as unknown[] } }));
vi.mock('../../../src/core', () => ({ store }));
const { commandsFor } = await import('../../../src/chat/complete');

const view = (kind: string): ConversationView => ({ meta: { value: { kind } } }) as unknown as ConversationView;
const keys = (words: string, kind = 'direct') => commandsFor(view(kind), words).map(({ key }) => key);

describe('commands', () => {
  it('are those that begin with what is typed', () => {
    expect(keys('')).toEqual(['summarise', 'translate']);
    expect(keys('t')).toEqual(['translate']);
    expect(keys('x')).toEqual([]);
  });

  // Enter took the only choice, which changed nothing, again and again: `/summarise` could not be sent.
  it('are no choice when they would put what stands already', () => {
    expect(keys('summaris')).toEqual(['summarise']);
    expect(keys('summarise')).toEqual([]);
    expect(keys('translate')).toEqual(['translate']);
  });

  it('are for chats with people, where there is an assistant', () => {
    expect(keys('', 'assistant')).toEqual([]);
    store.assistants.value = [];
    expect(keys('')).toEqual([]);
  });
});
