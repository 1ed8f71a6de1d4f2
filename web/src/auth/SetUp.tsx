import { useState } from 'preact/hooks';
import { door } from '../core';
import { t } from '../i18n';
import { go, paths, route } from '../router';
import { Button, Field } from '../ui';
import { css, Frame, ProblemNote, serverName } from './Frame';
import { NewPassword } from './NewPassword';
import { ADMINISTRATOR_PASSWORD_CHARS_MIN, passwordProblem, userProblem } from './rules';
import { useForm } from './useForm';

/** The command that prints a new set-up link. */
const COMMAND = 'tidings admin setup-link';

/** The server has no administrator yet: with the link of its first start, one is made here. */
export function SetUp() {
  const [token] = useState(() => location.hash.slice(1));
  const [user, setUser] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const form = useForm<'user' | 'password'>();
  if (route.value.page !== 'setup' || !token) {
    return (
      <Frame title={t('auth.setupFirst')} text={t('auth.setupFirstText')}>
        <code class={css.code}>{COMMAND}</code>
        <Button size="large" wide icon="retry" onClick={() => void door.probe()}>{t('common.retry')}</Button>
      </Frame>
    );
  }
  const act = async () => {
    await door.setUp({ token, user, name: name.trim() || null, password });
    go(paths.welcome, { replace: true });
  };
  return (
    <Frame title={t('auth.setupTitle', { server: serverName() })} text={t('auth.setupText')}>
      <form
        class={css.form}
        noValidate
        onSubmit={(event) => void form.submit(event, { user: userProblem(user), password: passwordProblem(password, ADMINISTRATOR_PASSWORD_CHARS_MIN) }, act)}
      >
        <ProblemNote>{form.problem}</ProblemNote>
        <Field label={t('auth.user')} name="username" autocomplete="username" autocapitalize="none" spellcheck={false} autofocus value={user} onInput={(value) => setUser(value.trim())} error={(user && userProblem(user)) || form.error('user')} hint={t('auth.userHint')} />
        <Field label={t('auth.name')} name="name" autocomplete="name" optional maxlength={64} value={name} onInput={setName} hint={t('auth.nameHint')} />
        <NewPassword label={t('auth.password')} value={password} onInput={setPassword} error={form.error('password')} least={ADMINISTRATOR_PASSWORD_CHARS_MIN} />
        <Button type="submit" kind="primary" size="large" wide busy={form.busy}>{t('auth.setupButton')}</Button>
      </form>
    </Frame>
  );
}
