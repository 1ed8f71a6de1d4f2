import { useEffect, useState } from 'preact/hooks';
import { store } from '../core';
import { t } from '../i18n';
import { paths } from '../router';
import { Button, Dialog, lazy } from '../ui';
import css from './Contacts.module.css';
import { Find } from './Find';
import { Pane } from './Pane';
import { Requests } from './Requests';

const Qr = lazy(() => import('../ui/Qr'));

/** Finding somebody, and the requests that wait. */
export function NewFriends() {
  const [qr, setQr] = useState(false);
  return (
    <Pane
      title={t('contacts.newFriends')}
      back={paths.contacts}
      actions={<Button size="small" icon="qr" onClick={() => setQr(true)}>{t('contacts.myCode')}</Button>}
    >
      <Find />
      <Requests />
      {qr && <MyCode onClose={() => setQr(false)} />}
    </Pane>
  );
}

/** The address of one's own page as a code to scan. */
function MyCode({ onClose }: { onClose: () => void }) {
  const user = store.me.value?.profile.user;
  useEffect(() => {
    if (!user) onClose();
  }, [user]);
  if (!user) return null;
  return (
    <Dialog title={t('contacts.myCode')} onClose={onClose} width={340}>
      <div class={css.qr}>
        <Qr text={location.origin + paths.user(user)} />
        <strong>@{user}</strong>
        <p class={css.muted}>{t('contacts.myCodeText')}</p>
      </div>
    </Dialog>
  );
}
