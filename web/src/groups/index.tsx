// Groups: finding and making them, what stands beside their thread, and the page where they are looked after.

import { useState } from 'preact/hooks';
import { actions, store, type ConversationId, type ConversationView } from '../core';
import { t } from '../i18n';
import { go, paths } from '../router';
import { Button, Card, Empty, ErrorState, Loading, Row } from '../ui';
import { Pane } from '../contacts/Pane';
import { ChatSwitches } from '../contacts/ChatSwitches';
import { failed } from '../contacts/message';
import { useLoad } from '../contacts/useLoad';
import { AliasDialog } from './Alias';
import { CardForm } from './CardForm';
import { Endings } from './Endings';
import { JoinRequests } from './JoinRequests';
import { Links } from './Links';
import { powersOf } from './may';
import { Members } from './Members';
import { Rules } from './Rules';

export { CreateGroup } from './Create';

/** Rules, members and ways in of one group. */
export function GroupPage({ group }: { group: ConversationId }) {
  const view = store.conversation(group).value;
  const { problem, retry } = useLoad(() => (view ? Promise.resolve() : actions.loadConversation(group)), [group]);
  if (view?.meta.value.group) return <Manage view={view} />;
  return (
    <Pane title={t('groups.manage')} back={paths.groups}>
      {view ? <Empty icon="contacts" title={t('groups.noGroup')} /> : problem ? <ErrorState error={problem} onRetry={retry} /> : <Loading />}
    </Pane>
  );
}

function Manage({ view }: { view: ConversationView }) {
  const meta = view.meta.value;
  const may = powersOf(meta);
  const closed = meta.inbox.gone || meta.group?.dissolved;
  return (
    <Pane title={view.title.value} back={paths.groups} actions={<Button size="small" icon="chat" onClick={() => go(paths.chat(view.id))}>{t('groups.toChat')}</Button>}>
      {closed ? (
        <Empty icon="contacts" title={t(meta.inbox.gone ? 'groups.gone' : 'groups.dissolved')} text={t('groups.closedText')} />
      ) : (
        <>
          {may.manage && <JoinRequests view={view} />}
          {may.edit && <CardForm key={`${meta.title}`} view={view} />}
          <Card title={t('groups.membersTitle', { count: meta.members })}><Members view={view} /></Card>
          <Mine view={view} />
          <Rules view={view} />
          {may.invite && <Links view={view} />}
          <Endings view={view} />
        </>
      )}
    </Pane>
  );
}

/** What is one's own of a group: the name in it, pin, mute. */
function Mine({ view }: { view: ConversationView }) {
  const [naming, setNaming] = useState(false);
  const self = store.me.value?.profile.user;
  const member = view.members.value?.find((row) => row.user === self);
  const change = (act: (conversation: number) => Promise<void>) => void act(view.id).catch(failed);
  return (
    <Card title={t('groups.forMe')}>
      <Row label={t('groups.myAlias')} hint={member?.alias ?? t('groups.noAlias')}>
        <Button size="small" disabled={!member} onClick={() => setNaming(true)}>{t('common.edit')}</Button>
      </Row>
      <ChatSwitches chat={view} change={change} />
      {naming && member && <AliasDialog view={view} member={member} onClose={() => setNaming(false)} />}
    </Card>
  );
}
