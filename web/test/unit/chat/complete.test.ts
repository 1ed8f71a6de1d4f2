// The commands that stand over the field while one is typed.

import { describe, expect, it, vi } from 'vitest';
import type { ConversationView, OfferedCommand } from '../../../src/core';

const store = vi.hoisted(() => ({ assistants: { value: [{ user: 'parrot' }] as unknown[] } }));
const ask = vi.hoisted(() => vi.fn());
vi.mock('../../../src/core', () => ({ ask, store }));
const { askedAt, commandsFor, offeredIn } = await import('../../../src/chat/complete');

const view = (kind: string): ConversationView => ({ meta: { value: { kind } } }) as unknown as ConversationView;
const keys = (words: string, kind = 'direct', offered: OfferedCommand[] = []) => commandsFor(view(kind), words, offered).map(({ key }) => key);
const offered = (name: string, hint: string | null = null): OfferedCommand => ({ bot: 'dice', command: { name, description: `Does ${name}`, hint } });

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

  it('are those of the bots, too, with what they want behind them', () => {
    const both = [offered('roll', '<sides>'), offered('re-roll')];
    expect(keys('', 'group', both)).toEqual(['roll/dice', 're-roll/dice']);
    expect(askedAt('/re-r', 5)).toEqual({ kind: 'command', at: 0, words: 're-r', whole: false });
    expect(keys('re-r', 'group', both)).toEqual(['re-roll/dice']);
    expect(keys('re-roll', 'group', both)).toEqual([]);
    const [roll] = commandsFor(view('group'), 'roll', both);
    expect(roll).toEqual({ key: 'roll/dice', user: 'dice', name: 'Does roll', hint: '/roll <sides>', put: '/roll ' });
  });

  it('are asked for once in a while, and what cannot be had is asked again', async () => {
    ask.mockRejectedValueOnce(new Error('offline')).mockResolvedValue({ commands: [offered('roll')] });
    expect(await offeredIn(7)).toEqual([]);
    expect(await offeredIn(7)).toHaveLength(1);
    expect(await offeredIn(7)).toHaveLength(1);
    expect(ask.mock.calls).toEqual([['GET', '/conversations/7/commands'], ['GET', '/conversations/7/commands']]);
  });
});
