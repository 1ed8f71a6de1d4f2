import { describe, expect, it } from 'vitest';
import { parse, paths, sectionOf } from '../../../src/router';

describe('an address', () => {
  it('names its page', () => {
    expect(parse('/')).toEqual({ page: 'chats', conversation: null, seq: null });
    expect(parse('/c/12')).toEqual({ page: 'chats', conversation: 12, seq: null });
    expect(parse('/c/12/m/9')).toEqual({ page: 'chats', conversation: 12, seq: 9 });
    expect(parse('/contacts/new')).toEqual({ page: 'contacts', section: 'new' });
    expect(parse('/g/3/manage')).toEqual({ page: 'group', group: 3 });
    expect(parse('/settings/devices')).toEqual({ page: 'settings', section: 'devices' });
    expect(parse('/i/AbC-9')).toEqual({ page: 'invite', code: 'AbC-9' });
    expect(['/login', '/setup', '/password', '/welcome', '/register'].map((path) => parse(path).page)).toEqual(['login', 'setup', 'password', 'welcome', 'register']);
  });
  it('that means nothing is missing, and nothing throws', () => {
    for (const path of ['/c', '/c/0', '/c/x', '/c/1/m', '/c/1/m/x', '/c/1/x/2', '/c/1/m/2/3', '/u', '/g/1', '/g/x/manage', '/login/x', '/settings/a/b', '/console/a/b/c', '/%', '/c/99999999999999999', '/contacts/x', '/nothing']) {
      expect(parse(path), path).toEqual({ page: 'missing' });
    }
  });
  it('is made and read the same way', () => {
    expect(parse(paths.user('a@b.example'))).toEqual({ page: 'user', user: 'a@b.example' });
    expect(parse(paths.user('../x?y#z'))).toEqual({ page: 'user', user: '../x?y#z' });
    expect(parse(paths.chat(5, 7))).toEqual({ page: 'chats', conversation: 5, seq: 7 });
    expect(parse(paths.assistant(4))).toEqual({ page: 'assistant', conversation: 4 });
    expect(parse(paths.console('users'))).toEqual({ page: 'console', section: 'users', item: null });
    expect(parse(paths.console('apps', 3))).toEqual({ page: 'console', section: 'apps', item: '3' });
    expect(parse(paths.console())).toEqual({ page: 'console', section: null, item: null });
  });
  it('belongs to a section', () => {
    expect(['/', '/u/ada', '/g/1/manage', '/assistant/1', '/settings', '/login'].map((path) => sectionOf(parse(path)))).toEqual(['chats', 'contacts', 'contacts', 'assistant', 'settings', null]);
  });
});
