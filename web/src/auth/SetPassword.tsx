import { useState } from 'preact/hooks';
import { door } from '../core';
import { t } from '../i18n';
import { go, paths } from '../router';
import { Button } from '../ui';
import { css, Frame, ProblemNote } from './Frame';
import type { Arrival } from './LogIn';
import { NewPassword } from './NewPassword';
import { PASSWORD_CHARS_MIN, passwordProblem } from './rules';
import { useForm } from './useForm';

/** A one-time link of an administrator sets a password; its secret stands behind the `#`. */
export function SetPassword({ onDone }: { onDone: (arrival: Arrival) => void }) {
  const [token] = useState(() => location.hash.slice(1));
  const [password, setPassword] = useState('');
  const form = useForm<'password'>();
  if (!token) {
    return (
      <Frame title={t('auth.linkIncomplete')} text={t('auth.linkIncompleteText')}>
        <Button kind="primary" size="large" wide onClick={() => go(paths.login)}>{t('auth.toLogIn')}</Button>
      </Frame>
    );
  }
  const act = async () => {
    const { app, user } = await door.usePasswordLink(token, password);
    // By its number; 1 is the server's own.
    onDone({ user, app: app > 1 ? String(app) : '', notice: t('auth.passwordSet') });
    go(paths.login, { replace: true });
  };
  return (
    <Frame title={t('auth.newPasswordTitle')} text={t('auth.newPasswordText')}>
      <form class={css.form} noValidate onSubmit={(event) => void form.submit(event, { password: passwordProblem(password, PASSWORD_CHARS_MIN) }, act)}>
        <ProblemNote>{form.problem}</ProblemNote>
        <NewPassword label={t('auth.newPassword')} value={password} onInput={setPassword} error={form.error('password')} least={PASSWORD_CHARS_MIN} />
        <Button type="submit" kind="primary" size="large" wide busy={form.busy}>{t('auth.setPassword')}</Button>
      </form>
    </Frame>
  );
}
