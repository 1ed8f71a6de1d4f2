// The table of docs/domain.md.

import { describe, expect, test } from 'vitest';
import type { ConversationMeta, GroupRules, Role } from '../../../src/core';
import { isAbove, powersOf } from '../../../src/groups/may';

const RULES: GroupRules = { kind: 'private', invite: 'members', join: 'approval', edit: 'managers', pin: 'managers', history: 'from_joining', keep_reading: true, members_max: null };

function powers(role: Role, rules: Partial<GroupRules> = {}, { gone = false, dissolved = false } = {}) {
  return powersOf({ role, group: { rules: { ...RULES, ...rules }, dissolved: dissolved ? 1 : null }, inbox: { gone } } as unknown as ConversationMeta);
}

describe('members', () => {
  test('invite by the rule in a private group', () => {
    expect(powers('member').invite).toBe(true);
    expect(powers('member', { invite: 'managers' }).invite).toBe(false);
  });
  test('invite in a public group only where everybody can join anyway', () => {
    expect(powers('member', { kind: 'public' }).invite).toBe(false);
    expect(powers('member', { kind: 'public', join: 'free' }).invite).toBe(true);
    expect(powers('member', { kind: 'public', join: 'free', invite: 'managers' }).invite).toBe(false);
  });
  test('edit by the rule, in a public group never', () => {
    expect(powers('member').edit).toBe(false);
    expect(powers('member', { edit: 'members' }).edit).toBe(true);
    expect(powers('member', { edit: 'members', kind: 'public' }).edit).toBe(false);
  });
  test('leave, and decide nothing', () => {
    expect(powers('member')).toMatchObject({ leave: true, manage: false, own: false });
  });
});

test('managers do all but what is the owner alone', () => {
  expect(powers('manager', { invite: 'managers', kind: 'public', join: 'closed' })).toEqual({ invite: true, manage: true, edit: true, own: false, leave: true });
});

test('the owner cannot leave', () => {
  expect(powers('owner')).toEqual({ invite: true, manage: true, edit: true, own: true, leave: false });
});

test('whoever is out, and everybody in a dissolved group, can do nothing', () => {
  for (const role of ['owner', 'manager', 'member'] as const) {
    expect(Object.values(powers(role, {}, { gone: true }))).not.toContain(true);
    expect(Object.values(powers(role, {}, { dissolved: true }))).not.toContain(true);
  }
});

test('who is above whom', () => {
  const above = (['owner', 'manager', 'member'] as const).map((role) => (['owner', 'manager', 'member'] as const).map((other) => isAbove(role, other)));
  expect(above).toEqual([[false, true, true], [false, false, true], [false, false, false]]);
});
