import { useState } from 'preact/hooks';
import { NAME_CHARS_MAX } from '../auth/rules';
import type { Webhook, WebhookSettings } from '../core/admin';
import { t } from '../i18n';
import { Dialog, Field, Pill, Switch, TextArea } from '../ui';
import { Form } from '../settings/Form';
import { useDoing } from '../settings/useDoing';
import css from './Admin.module.css';

export const titleOf = ({ name, url }: Webhook): string => name ?? url;

/** What is out of the ordinary with it. */
export function States({ webhook: { enabled, stopped, waiting, dead } }: { webhook: Webhook }) {
  return (
    <span class={css.pills}>
      {stopped !== null ? <Pill tone="danger">{t(stopped === 'gone' ? 'admin.stoppedGone' : 'admin.stoppedFailing')}</Pill> : !enabled && <Pill>{t('admin.isOff')}</Pill>}
      {waiting > 0 && <Pill tone="warn">{t('admin.waiting', { count: waiting })}</Pill>}
      {dead > 0 && <Pill tone="danger">{t('admin.givenUp', { count: dead })}</Pill>}
    </span>
  );
}

const linesOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

/** Address, name and what is told; the rest of the settings keeps what it has. */
export function WebhookEditor({ before, onSave, onClose }: { before: Webhook | null; onSave: (settings: WebhookSettings) => Promise<void>; onClose: () => void }) {
  const [url, setUrl] = useState(before?.url ?? '');
  const [name, setName] = useState(before?.name ?? '');
  const [types, setTypes] = useState(before?.types.join('\n') ?? '');
  const [enabled, setEnabled] = useState(before ? before.enabled && before.stopped === null : true);
  const { busy, problem, run } = useDoing();
  const save = () => void run(async () => {
    await onSave({ url: url.trim(), name: name.trim() || null, types: linesOf(types), conversations: before?.conversations ?? [], enabled });
    onClose();
  });
  return (
    <Dialog title={before ? titleOf(before) : t('admin.newWebhook')} width={480} onClose={onClose}>
      <Form submit={t('common.save')} busy={busy} disabled={url.trim() === ''} problem={problem} onSubmit={save}>
        <Field label={t('admin.hookUrl')} type="url" autocomplete="off" spellcheck={false} data-autofocus value={url} onInput={setUrl} />
        <Field label={t('admin.keyName')} optional autocomplete="off" maxLength={NAME_CHARS_MAX} value={name} onInput={setName} />
        <TextArea label={t('admin.eventTypes')} optional hint={t('admin.eventTypesHint')} rows={3} spellcheck={false} value={types} onInput={setTypes} />
        <label class={css.bar}><span>{t('admin.isOn')}</span><Switch label={t('admin.isOn')} checked={enabled} onChange={setEnabled} /></label>
      </Form>
    </Dialog>
  );
}
