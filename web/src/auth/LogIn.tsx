import { useState } from 'preact/hooks';
import { door, problemOf } from '../core';
import { rich, t } from '../i18n';
import { linkTo, paths, route } from '../router';
import { Button, Dialog, Field, PasswordField } from '../ui';
import { css, Frame, ProblemNote, serverName, wordsOf } from './Frame';
import { useForm } from './useForm';

/** Who has just set a password with a link, to log in with it. */
export interface Arrival {
  app?: string;
  user?: string;
  notice?: string;
}

export function LogIn({ app: sent, user: first = '', notice }: Arrival) {
  const [user, setUser] = useState(first);
  const [password, setPassword] = useState('');
  // For those whom the address, a link or the last log-in here sends to another app than the server's own; nobody else is asked.
  const [app, setApp] = useState(() => sent ?? door.app());
  const [elsewhere] = useState(app !== '');
  const [forgot, setForgot] = useState(false);
  const form = useForm<'user' | 'password'>();
  const invited = route.value.page === 'invite' ? route.value.code : null;
  // Accounts of other apps are made by these.
  const open = door.server.value?.registration !== 'closed' && !app.trim();
  return (
    <Frame title={invited !== null ? t('auth.invited') : t('auth.title')} text={invited !== null ? t('auth.invitedTo') : undefined}>
      <form
        class={css.form}
        noValidate
        onSubmit={(event) =>
          void form.submit(
            event,
            { user: user.trim() ? null : t('auth.userNeeded'), password: password ? null : t('auth.passwordNeeded') },
            () => door.logIn(user.trim(), password, app.trim()),
            (error) => (problemOf(error).code === 'unauthenticated' ? { password: t(app.trim() ? 'auth.wrongInApp' : 'auth.wrong') } : wordsOf(error)),
          )
        }
      >
        {notice && <p class={css.notice} role="status">{notice}</p>}
        <ProblemNote>{form.problem}</ProblemNote>
        {elsewhere && <Field label={t('auth.app')} name="app" autocomplete="off" autocapitalize="none" spellcheck={false} optional maxlength={64} value={app} onInput={setApp} hint={t('auth.appHint', { name: serverName() })} />}
        <Field label={t('auth.user')} name="username" autocomplete="username" autocapitalize="none" spellcheck={false} autofocus={!first} value={user} onInput={setUser} error={form.error('user')} />
        <PasswordField label={t('auth.password')} name="password" autocomplete="current-password" autofocus={Boolean(first)} value={password} onInput={setPassword} error={form.error('password')} />
        <Button type="submit" kind="primary" size="large" wide busy={form.busy}>{t('auth.logIn')}</Button>
        <button type="button" class={css.link} onClick={() => setForgot(true)}>{t('auth.forgot')}</button>
      </form>
      {open && <p class={css.foot}>{rich('auth.newHere', { link: <a {...linkTo(paths.register(invited))}>{t('auth.createAccount')}</a> })}</p>}
      {forgot && (
        <Dialog title={t('auth.forgotTitle')} onClose={() => setForgot(false)} width={400} actions={<Button kind="primary" data-autofocus onClick={() => setForgot(false)}>{t('common.ok')}</Button>}>
          <p class={css.text}>{t('auth.forgotText')}</p>
        </Dialog>
      )}
    </Frame>
  );
}
