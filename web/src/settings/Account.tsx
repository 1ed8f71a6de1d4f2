import { useState } from 'preact/hooks';
import { actions, store } from '../core';
import { bytes, t } from '../i18n';
import { Button, Card, ConfirmDialog, Icon, Loading, PasswordField, Row } from '../ui';
import css from './Form.module.css';

/** A plain download: the archive goes to the disk as it is made, however large it is. */
const EXPORT_URL = '/api/v1/me/export';

export function AccountPage() {
  const me = store.me.value;
  const [deleting, setDeleting] = useState(false);
  if (!me) return <Loading />;
  return (
    <>
      <Card title={t('settings.myData')} note={t('settings.exportNote')}>
        <Row label={t('settings.filesStored')}><span>{bytes(me.media_bytes)}</span></Row>
        <Row wrap label={t('settings.export')} hint={t('settings.exportHint')}>
          <a class={css.download} href={EXPORT_URL} download={`tidings-${me.profile.user}.zip`}><Icon name="download" size={18} />{t('common.download')}</a>
        </Row>
      </Card>
      <Card title={t('settings.endAccount')} danger>
        <Row wrap label={t('settings.deleteAccount')} hint={t('settings.deleteHint')}>
          <Button size="small" kind="danger" icon="trash" onClick={() => setDeleting(true)}>{t('settings.deleteAccount')}</Button>
        </Row>
      </Card>
      {deleting && <DeleteDialog user={me.profile.user} onClose={() => setDeleting(false)} />}
    </>
  );
}

function DeleteDialog({ user, onClose }: { user: string; onClose: () => void }) {
  const [password, setPassword] = useState('');
  return (
    <ConfirmDialog
      title={t('settings.deleteAccount')}
      text={t('settings.deleteText')}
      confirm={t('settings.deleteForGood')}
      danger
      typed={user}
      onConfirm={() => (password === '' ? Promise.reject(new Error(t('settings.passwordNeeded'))) : actions.deleteAccount(password))}
      onClose={onClose}
    >
      <PasswordField label={t('settings.yourPassword')} autocomplete="current-password" value={password} onInput={setPassword} />
    </ConfirmDialog>
  );
}
