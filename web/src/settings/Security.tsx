import { useState } from 'preact/hooks';
import { NewPassword } from '../auth/NewPassword';
import { ADMINISTRATOR_PASSWORD_CHARS_MIN, PASSWORD_CHARS_MIN, passwordProblem } from '../auth/rules';
import { actions, store } from '../core';
import { t } from '../i18n';
import { Card, lazy, PasswordField, toast } from '../ui';
import { Form } from './Form';
import { useDoing } from './useDoing';

const McpTokens = lazy(() => import('./Mcp'));

export function SecurityPage() {
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');
  const { busy, problem, run } = useDoing();
  const server = store.server.value;
  const least = store.me.value?.administrator
    ? server?.administratorPasswordMin ?? ADMINISTRATOR_PASSWORD_CHARS_MIN
    : server?.passwordMin ?? PASSWORD_CHARS_MIN;
  const change = () =>
    void run(async () => {
      await actions.changePassword(old, next);
      setOld('');
      setNext('');
      toast(t('settings.passwordChanged'));
    });
  return (
    <>
      <Card title={t('settings.changePassword')} note={t('settings.passwordNote')}>
        <Form submit={t('settings.changePassword')} busy={busy} problem={problem} disabled={old === '' || passwordProblem(next, least) !== null} onSubmit={change}>
          <PasswordField label={t('settings.oldPassword')} autocomplete="current-password" value={old} onInput={setOld} />
          <NewPassword label={t('settings.newPassword')} value={next} onInput={setNext} error={next === '' ? null : passwordProblem(next, least)} least={least} />
        </Form>
      </Card>
      <McpTokens />
    </>
  );
}
