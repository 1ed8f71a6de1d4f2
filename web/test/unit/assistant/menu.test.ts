// Which of several assistants is asked.

import { beforeEach, describe, expect, it, vi } from 'vitest';

const { store, actions } = vi.hoisted(() => {
  const assistants = { value: [] as unknown[], peek: () => assistants.value };
  const preferences = { value: {} as { assistant?: string } };
  return { store: { assistants, preferences }, actions: { setPreferences: (change: object) => { preferences.value = { ...preferences.value, ...change }; } } };
});
vi.mock('../../../src/core', () => ({ store, actions }));
vi.mock('../../../src/ui', () => ({}));
const { assistantItems, chosenAssistant } = await import('../../../src/assistant/AssistantMenu');

const owl = { user: 'owl', name: 'Owl', model: 'owl-1' };
const parrot = { user: 'parrot', name: 'Parrot', model: 'parrot-1' };

describe('of several assistants', () => {
  beforeEach(() => {
    store.assistants.value = [owl, parrot];
    store.preferences.value = {};
  });

  it('the first is asked until another is chosen, which is remembered', () => {
    expect(chosenAssistant()).toBe(owl);
    const picked: string[] = [];
    const items = assistantItems('owl', (user) => picked.push(user));
    expect(items).toMatchObject([{ label: 'Owl', hint: 'owl-1', checked: true }, { label: 'Parrot', hint: 'parrot-1', checked: false }]);
    const [, second] = items;
    if (second && second !== 'separator') second.onSelect();
    expect(picked).toEqual(['parrot']);
    expect(chosenAssistant()).toBe(parrot);
  });

  it('one that may not be asked any more is forgotten', () => {
    store.preferences.value = { assistant: 'gone' };
    expect(chosenAssistant()).toBe(owl);
    store.assistants.value = [];
    expect(chosenAssistant()).toBeUndefined();
  });
});
