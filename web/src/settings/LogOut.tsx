import { useState } from 'preact/hooks';
import { actions, store } from '../core';
import { t } from '../i18n';
import { Button, ConfirmDialog } from '../ui';
import css from './Form.module.css';

/** Ends this session, after it was said what goes with it. */
export function LogOut() {
  const [asking, setAsking] = useState(false);
  const unsent = store.unsent.value;
  return (
    <div class={css.foot}>
      <Button kind="danger" icon="logout" onClick={() => setAsking(true)}>{t('settings.logOut')}</Button>
      {asking && (
        <ConfirmDialog
          title={t('settings.logOutTitle')}
          text={unsent > 0 ? `${t('settings.logOutText')} ${t('settings.unsentLost', { count: unsent })}` : t('settings.logOutText')}
          confirm={t('settings.logOut')}
          danger
          onConfirm={actions.logOut}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}
