import { useState } from 'preact/hooks';
import { admin, store } from '../core';
import type { AccountInfo, UserFlags } from '../core/admin';
import { dateTime, problemWords, t, type PlainKey } from '../i18n';
import { Button, ConfirmDialog, Dialog, Row, Switch, toast } from '../ui';
import { useDoing } from '../settings/useDoing';
import form from '../settings/Form.module.css';
import css from './Admin.module.css';
import { CopyLink } from './CopyLink';
import { Tokens } from './Tokens';

const FLAGS: readonly { flag: keyof UserFlags; label: PlainKey; hint: PlainKey }[] = [
  { flag: 'suspended', label: 'admin.suspended', hint: 'admin.suspendedHint' },
  { flag: 'silenced', label: 'admin.silenced', hint: 'admin.silencedHint' },
  { flag: 'contacts_disabled', label: 'admin.contactsDisabled', hint: 'admin.contactsDisabledHint' },
];

interface UserDialogProps {
  account: AccountInfo;
  onClose: () => void;
  onChanged: (account: AccountInfo) => void;
  onDeleted: () => void;
}

/** One account: what it may, its password and sessions, its end. */
export function UserDialog({ account, onClose, onChanged, onDeleted }: UserDialogProps) {
  const [link, setLink] = useState<string | null>(null);
  const [asking, setAsking] = useState<'delete' | 'sessions' | 'suspend' | null>(null);
  const { busy, problem, run } = useDoing();
  const { id, flags, administrator, sessions, deleted } = account;
  const oneself = id === store.me.value?.profile.user;
  const refresh = async () => onChanged(await admin.user(id));
  const setFlag = async (flag: keyof UserFlags, on: boolean) => {
    await admin.setFlags(id, { [flag]: on });
    await refresh();
  };
  const askFlag = (flag: keyof UserFlags, on: boolean) => {
    if (flag === 'suspended' && on) setAsking('suspend');
    else void run(() => setFlag(flag, on));
  };
  if (link !== null) return <Dialog title={t('admin.passwordLink')} width={400} onClose={() => setLink(null)}><CopyLink url={link} note={t('admin.linkOnce')} /></Dialog>;
  return (
    <Dialog title={account.name} width={520} onClose={onClose}>
      <p class={css.muted}>{`@${id} · ${t('admin.madeAt', { time: dateTime(account.created) })}`}</p>
      {problem !== null && <p class={form.error} role="alert">{problemWords(problem)}</p>}
      {deleted ? (
        <p>{t('admin.isDeleted')}</p>
      ) : (
        <>
          {FLAGS.map(({ flag, label, hint }) => (
            <Row key={flag} label={t(label)} hint={t(hint)}>
              {(labelId) => <Switch labelledBy={labelId} disabled={busy || (oneself && flag === 'suspended')} checked={flags[flag]} onChange={(on) => askFlag(flag, on)} />}
            </Row>
          ))}
          <Row label={t('admin.administrator')} hint={t('admin.administratorHint')}>
            {(labelId) => <Switch labelledBy={labelId} disabled={busy} checked={administrator} onChange={(on) => void run(async () => { await admin.setAdministrator(id, on); await refresh(); })} />}
          </Row>
          {account.kind === 'bot' ? <Tokens bot={id} /> : <Row wrap label={t('admin.password')} hint={t(account.password ? 'admin.hasPassword' : 'admin.noPassword')}>
            <Button size="small" icon="key" busy={busy} onClick={() => void run(async () => setLink((await admin.passwordLink(id)).url))}>{t('admin.makePasswordLink')}</Button>
          </Row>}
          <Row wrap label={t('admin.devices')} hint={t('admin.sessions', { count: sessions })}>
            <Button size="small" disabled={sessions === 0} onClick={() => setAsking('sessions')}>{t('admin.endSessions')}</Button>
          </Row>
          <Row wrap label={t('admin.deleteUser')} hint={t('admin.deleteHint')}>
            <Button size="small" kind="danger" icon="trash" disabled={oneself} onClick={() => setAsking('delete')}>{t('common.delete')}</Button>
          </Row>
        </>
      )}
      {asking === 'sessions' && (
        <ConfirmDialog title={t('admin.endSessions')} text={t('admin.endSessionsText', { user: id })} confirm={t('admin.endSessions')} danger onClose={() => setAsking(null)} onConfirm={async () => { await admin.endSessions(id); await refresh(); }} />
      )}
      {asking === 'suspend' && (
        <ConfirmDialog title={t('admin.suspendTitle', { user: id })} text={t('admin.suspendedHint')} confirm={t('admin.suspend')} danger onClose={() => setAsking(null)} onConfirm={() => setFlag('suspended', true)} />
      )}
      {asking === 'delete' && (
        <ConfirmDialog
          title={t('admin.deleteTitle', { user: id })}
          text={t('admin.deleteText')}
          confirm={t('admin.deleteUser')}
          danger
          typed={id}
          onClose={() => setAsking(null)}
          onConfirm={async () => { await admin.deleteUser(id); toast(t('admin.isDeleted')); onDeleted(); }}
        />
      )}
    </Dialog>
  );
}
