// The console of administrators: people and their rights, the rules of the server, and how it is. The server decides who may.

import { store } from '../core';
import { t } from '../i18n';
import { go, paths } from '../router';
import { Sections, type Place } from '../settings/Sections';
import { Button, Empty, Loading } from '../ui';
import { AppsPage } from './Apps';
import { AuditPage } from './Audit';
import { AssistantsPage } from './Assistants';
import { InvitesPage } from './Invites';
import { RulesPage } from './Rules';
import { StatusPage } from './Status';
import { UsersPage } from './Users';

const PLACES: readonly Place[] = [
  { section: 'status', icon: 'console', label: 'admin.status', page: StatusPage },
  { section: 'invites', icon: 'invite', label: 'admin.invites', page: InvitesPage },
  { section: 'users', icon: 'contacts', label: 'admin.users', page: UsersPage },
  { section: 'assistants', icon: 'spark', label: 'admin.assistants', page: AssistantsPage },
  { section: 'apps', icon: 'archive', label: 'admin.apps', page: AppsPage },
  { section: 'rules', icon: 'settings', label: 'admin.rules', page: RulesPage },
  { section: 'audit', icon: 'list', label: 'admin.audit', page: AuditPage },
];

export function AdminPage({ section, item }: { section: string | null; item: string | null }) {
  const me = store.me.value;
  if (!me) return <Loading />;
  if (!me.administrator) {
    return (
      <Empty icon="lock" title={t('admin.notYou')} text={t('admin.notYouText')}>
        <Button kind="primary" onClick={() => go(paths.chats)}>{t('common.toChats')}</Button>
      </Empty>
    );
  }
  return <Sections title={t('common.console')} places={PLACES} section={section} item={item} pathOf={paths.console} />;
}
