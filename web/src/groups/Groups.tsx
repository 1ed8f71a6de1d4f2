import { useState } from 'preact/hooks';
import { store, type ConversationView } from '../core';
import { t } from '../i18n';
import { go, paths } from '../router';
import { Button, Card, Empty, IconButton, ListRow, Pill, SkeletonRows } from '../ui';
import { Pane } from '../contacts/Pane';
import { CreateGroup } from './Create';
import { Directory } from './Directory';
import { GroupFace } from './GroupFace';
import css from './Groups.module.css';

/** One's own groups, and those that can be found. */
export function GroupsPage() {
  const [creating, setCreating] = useState(false);
  const groups = store.conversations.value.filter(({ meta }) => meta.value.kind === 'group');
  return (
    <Pane title={t('groups.title')} back={paths.contacts} actions={<Button size="small" kind="primary" icon="add" onClick={() => setCreating(true)}>{t('groups.create')}</Button>}>
      <Directory />
      {!store.ready.value ? (
        <SkeletonRows count={5} />
      ) : groups.length === 0 ? (
        <Empty icon="contacts" title={t('groups.noGroups')} text={t('groups.noGroupsText')}>
          <Button kind="primary" icon="add" onClick={() => setCreating(true)}>{t('groups.create')}</Button>
        </Empty>
      ) : (
        <Card title={t('groups.mine')}>
          <ul>{groups.map((view) => <Group key={view.id} view={view} />)}</ul>
        </Card>
      )}
      {creating && <CreateGroup onClose={() => setCreating(false)} />}
    </Pane>
  );
}

function Group({ view }: { view: ConversationView }) {
  const { members, role, group, inbox } = view.meta.value;
  const title = view.title.value;
  return (
    <li class={css.group}>
      <ListRow href={paths.chat(view.id)} leading={<GroupFace id={view.id} title={title} avatar={view.avatar.value} size={44} />} title={title} subtitle={inbox.gone ? undefined : t('groups.memberCount', { count: members })} />
      {group?.dissolved ? <Pill>{t('groups.dissolved')}</Pill> : inbox.gone ? <Pill>{t('groups.gone')}</Pill> : (
        <>
          {role !== 'member' && <Pill tone="accent">{t(role === 'owner' ? 'common.owner' : 'common.admin')}</Pill>}
          <IconButton icon="settings" label={t('groups.manageWhat', { title })} onClick={() => go(paths.group(view.id))} />
        </>
      )}
    </li>
  );
}
