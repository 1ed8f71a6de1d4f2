import { useState } from 'preact/hooks';
import { actions, store, type ConversationView, type UserId } from '../core';
import { t } from '../i18n';
import { go, paths } from '../router';
import { Button, Card, ConfirmDialog, Row } from '../ui';
import { inWords } from '../contacts/problems';
import { powersOf } from './may';
import { MemberPicker } from './PeoplePicker';

type Ending = 'transfer' | 'leave' | 'dissolve';

/** Handing over, leaving, dissolving: each asks first, and what cannot be undone wants the name of the group typed. */
export function Endings({ view }: { view: ConversationView }) {
  const [asking, setAsking] = useState<Ending | null>(null);
  const may = powersOf(view.meta.value);
  if (!may.leave && !may.own) return null;
  return (
    <Card title={t('groups.endings')} danger>
      {may.own && (
        <Row label={t('groups.transfer')} hint={t('groups.transferHint')}>
          <Button size="small" onClick={() => setAsking('transfer')}>{t('groups.transferNow')}</Button>
        </Row>
      )}
      {may.leave && (
        <Row label={t('groups.leave')} hint={t(view.meta.value.group?.rules.keep_reading ? 'groups.leaveKeeps' : 'groups.leaveLoses')}>
          <Button size="small" kind="danger" onClick={() => setAsking('leave')}>{t('groups.leaveNow')}</Button>
        </Row>
      )}
      {may.own && (
        <Row label={t('groups.dissolve')} hint={t('groups.dissolveHint')}>
          <Button size="small" kind="danger" onClick={() => setAsking('dissolve')}>{t('groups.dissolveNow')}</Button>
        </Row>
      )}
      {asking && <EndingDialog view={view} ending={asking} onClose={() => setAsking(null)} />}
    </Card>
  );
}

export function EndingDialog({ view, ending, onClose }: { view: ConversationView; ending: Ending; onClose: () => void }) {
  const title = view.title.value;
  // As it is compared: without space around it.
  const typed = title.trim();
  if (ending === 'transfer') return <TransferDialog view={view} onClose={onClose} />;
  if (ending === 'leave') {
    const leave = () => inWords(actions.leave(view.id)).then(() => go(paths.groups));
    return <ConfirmDialog title={t('groups.leaveWhat', { title })} text={t('groups.leaveText')} confirm={t('groups.leaveNow')} danger typed={typed} onConfirm={leave} onClose={onClose} />;
  }
  const dissolve = () => inWords(actions.dissolve(view.id)).then(() => go(paths.groups));
  return <ConfirmDialog title={t('groups.dissolveWhat', { title })} text={t('groups.dissolveText', { count: view.meta.value.members })} confirm={t('groups.dissolveNow')} danger typed={typed} onConfirm={dissolve} onClose={onClose} />;
}

function TransferDialog({ view, onClose }: { view: ConversationView; onClose: () => void }) {
  const [user, setUser] = useState<UserId | null>(null);
  const self = store.me.value?.profile.user;
  const others = (view.members.value ?? []).filter((member) => member.user !== self).map((member) => member.user);
  const transfer = async () => {
    if (user === null) throw new Error(t('groups.chooseOne'));
    await inWords(actions.transfer(view.id, user));
  };
  return (
    <ConfirmDialog title={t('groups.transfer')} text={t('groups.transferText')} confirm={t('groups.transferNow')} danger onConfirm={transfer} onClose={onClose}>
      <MemberPicker users={others} chosen={user} onChange={setUser} />
    </ConfirmDialog>
  );
}
