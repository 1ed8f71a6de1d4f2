import { useState } from 'preact/hooks';
import { door, problemOf } from '../core';
import { rich, t } from '../i18n';
import { go, linkTo, paths, route } from '../router';
import { Button, Field } from '../ui';
import { css, Frame, ProblemNote, wordsOf } from './Frame';
import { NewPassword } from './NewPassword';
import { PASSWORD_CHARS_MIN, passwordProblem, userProblem } from './rules';
import { useForm } from './useForm';

/** To where one logs in: for somebody with a link into a group, the page of that link. */
function LogInInstead() {
  const invite = route.value.page === 'register' ? route.value.invite : null;
  return <p class={css.foot}>{rich('auth.haveAccount', { link: <a {...linkTo(invite === null ? paths.login : paths.invite(invite))}>{t('auth.logIn')}</a> })}</p>;
}

/** An account of one's own: open to all, with an invitation (its code stands behind the `#` of its link), or not at all. */
export function Register() {
  const registration = door.server.value?.registration ?? 'open';
  const [code, setCode] = useState(() => location.hash.slice(1));
  if (registration === 'closed') {
    return (
      <Frame title={t('auth.closedTitle')} text={t('auth.closedText')}>
        <Button kind="primary" size="large" wide onClick={() => go(paths.login)}>{t('auth.toLogIn')}</Button>
      </Frame>
    );
  }
  return <Form needsCode={registration === 'invite'} code={code} setCode={setCode} />;
}

function Form({ needsCode, code, setCode }: { needsCode: boolean; code: string; setCode: (code: string) => void }) {
  const [fromLink] = useState(Boolean(code));
  const [user, setUser] = useState('');
  const [left, setLeft] = useState(false);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const form = useForm<'user' | 'password' | 'code'>();
  const live = user && (left || userProblem(user) !== null) ? userProblem(user) : null;
  return (
    <Frame title={fromLink ? t('auth.invited') : t('auth.register')} text={needsCode && !fromLink ? t('auth.codeNeeded') : undefined}>
      <form
        class={css.form}
        noValidate
        onSubmit={(event) =>
          void form.submit(
            event,
            { user: userProblem(user), password: passwordProblem(password, PASSWORD_CHARS_MIN), code: needsCode && !code.trim() ? t('auth.codeNeeded') : null },
            () => door.register({ user, name: name.trim() || null, password, code: code.trim() || null }),
            wordsOfRegistration,
          )
        }
      >
        <ProblemNote>{form.problem}</ProblemNote>
        <Field label={t('auth.user')} name="username" autocomplete="username" autocapitalize="none" spellcheck={false} autofocus value={user} onInput={(value) => setUser(value.trim())} onBlur={() => setLeft(true)} error={live ?? form.error('user')} hint={t('auth.userHint')} />
        <Field label={t('auth.name')} name="name" autocomplete="name" optional maxlength={64} value={name} onInput={setName} hint={t('auth.nameHint')} />
        <NewPassword label={t('auth.password')} value={password} onInput={setPassword} error={form.error('password')} least={PASSWORD_CHARS_MIN} />
        {(needsCode || fromLink) && <Field label={t('auth.code')} autocomplete="off" autocapitalize="none" spellcheck={false} value={code} onInput={setCode} error={form.error('code')} hint={t('auth.codeHint')} />}
        <Button type="submit" kind="primary" size="large" wide busy={form.busy}>{t('auth.registerButton')}</Button>
      </form>
      <LogInInstead />
    </Frame>
  );
}

function wordsOfRegistration(error: unknown): string | { user?: string; code?: string } {
  const { code } = problemOf(error);
  if (code === 'conflict') return { user: t('auth.userTaken') };
  if (code === 'expired' || code === 'not_found') return { code: t('auth.codeBad') };
  return wordsOf(error);
}
