import { useState } from 'preact/hooks';
import { NAME_CHARS_MAX, userProblem } from '../auth/rules';
import { admin } from '../core';
import { t } from '../i18n';
import { Dialog, Field, Select } from '../ui';
import { Form } from '../settings/Form';
import { useDoing } from '../settings/useDoing';

const KINDS = {
  person: { label: 'admin.aPerson', hint: 'admin.aPersonHint' },
  administrator: { label: 'admin.administrator', hint: 'admin.administratorHint' },
  bot: { label: 'admin.aBot', hint: 'admin.aBotHint' },
} as const;

/** What somebody new comes with: a link to set a password, or the token of a bot. */
export type Made = { link: string } | { token: string };

/** Makes an account. Nobody but its owner ever knows the password: they set it by a link. A bot gets a token. */
export function NewUser({ onClose, onMade }: { onClose: () => void; onMade: (made: Made) => void }) {
  const [user, setUser] = useState('');
  const [name, setName] = useState('');
  const [kind, setKind] = useState<'person' | 'administrator' | 'bot'>('person');
  const { busy, problem, run } = useDoing();
  const wrong = userProblem(user);
  const make = () =>
    void run(async () => {
      const bot = kind === 'bot';
      await admin.createUser({ user, name: name.trim() || null, administrator: kind === 'administrator', ...(bot ? { kind } : {}) });
      onMade(bot ? { token: (await admin.createToken(user)).secret } : { link: (await admin.passwordLink(user)).url });
    });
  return (
    <Dialog title={t('admin.newUser')} onClose={onClose}>
      <Form submit={t(kind === 'bot' ? 'admin.createBot' : 'admin.create')} busy={busy} disabled={wrong !== null} problem={problem} onSubmit={make}>
        <Field label={t('admin.userId')} autocapitalize="none" autocomplete="off" spellcheck={false} data-autofocus value={user} onInput={setUser} error={user === '' ? null : wrong} hint={t('admin.userIdHint')} />
        <Field label={t('admin.name')} optional autocomplete="off" maxLength={NAME_CHARS_MAX} value={name} onInput={setName} />
        <Select label={t('admin.kind')} value={kind} onChange={setKind} hint={t(KINDS[kind].hint)} options={(Object.keys(KINDS) as (keyof typeof KINDS)[]).map((value) => ({ value, label: t(KINDS[value].label) }))} />
      </Form>
    </Dialog>
  );
}
