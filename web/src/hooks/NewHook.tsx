import { useState } from 'preact/hooks';
import { NAME_CHARS_MAX } from '../auth/rules';
import type { ConversationId } from '../core';
import { hooks, type HookWithAddress } from '../core/hooks';
import { t } from '../i18n';
import { Dialog, Field } from '../ui';
import { Form } from '../settings/Form';
import { useDoing } from '../settings/useDoing';

export function NewHook({ conversation, onMade, onClose }: { conversation: ConversationId; onMade: (hook: HookWithAddress) => void; onClose: () => void }) {
  const [name, setName] = useState('');
  const { busy, problem, run } = useDoing();
  const make = () => void run(async () => onMade(await hooks.create(conversation, name.trim())));
  return (
    <Dialog title={t('extras.newHook')} width={420} onClose={onClose}>
      <Form submit={t('extras.makeHook')} busy={busy} disabled={name.trim() === ''} problem={problem} onSubmit={make}>
        <Field label={t('extras.hookName')} hint={t('extras.hookNameHint')} autocomplete="off" maxLength={NAME_CHARS_MAX} data-autofocus value={name} onInput={setName} />
      </Form>
    </Dialog>
  );
}
