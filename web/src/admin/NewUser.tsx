import { useState } from 'preact/hooks';
import { NAME_CHARS_MAX, userProblem } from '../auth/rules';
import { admin } from '../core';
import { t } from '../i18n';
import { Dialog, Field, Switch } from '../ui';
import { Form } from '../settings/Form';
import { useDoing } from '../settings/useDoing';
import css from './Admin.module.css';

/** Makes an account. Nobody but its owner ever knows the password: they set it by a link, which `onMade` gets. A bot has tokens instead, which are made in its dialog. */
export function NewUser({ onClose, onMade }: { onClose: () => void; onMade: (made: { link: string } | { bot: string }) => void }) {
  const [user, setUser] = useState('');
  const [name, setName] = useState('');
  const [administrator, setAdministrator] = useState(false);
  const [bot, setBot] = useState(false);
  const { busy, problem, run } = useDoing();
  const wrong = userProblem(user);
  const make = () =>
    void run(async () => {
      await admin.createUser({ user, name: name.trim() || null, ...(bot ? { kind: 'bot' } : { administrator }) });
      onMade(bot ? { bot: user } : { link: (await admin.passwordLink(user)).url });
    });
  return (
    <Dialog title={t('admin.newUser')} onClose={onClose}>
      <Form submit={t(bot ? 'admin.createBot' : 'admin.create')} busy={busy} disabled={wrong !== null} problem={problem} onSubmit={make}>
        <Field label={t('admin.userId')} autocapitalize="none" autocomplete="off" spellcheck={false} data-autofocus value={user} onInput={setUser} error={user === '' ? null : wrong} hint={t('admin.userIdHint')} />
        <Field label={t('admin.name')} optional autocomplete="off" maxLength={NAME_CHARS_MAX} value={name} onInput={setName} />
        <label class={css.bar}>
          <span>{t('admin.isBot')}</span>
          <Switch label={t('admin.isBot')} checked={bot} onChange={setBot} />
        </label>
        {!bot && (
          <label class={css.bar}>
            <span>{t('admin.administrator')}</span>
            <Switch label={t('admin.administrator')} checked={administrator} onChange={setAdministrator} />
          </label>
        )}
      </Form>
    </Dialog>
  );
}
