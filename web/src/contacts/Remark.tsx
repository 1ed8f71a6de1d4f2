import { useState } from 'preact/hooks';
import { actions, type Contact } from '../core';
import { t } from '../i18n';
import { Button, Field, IconButton } from '../ui';
import { useDoing } from './useLoad';

const REMARK_MAX = 64;

/** The own name for a contact, changed where it stands. */
export function Remark({ contact }: { contact: Contact }) {
  const [words, setWords] = useState<string | null>(null);
  const { busy, problem, run } = useDoing();
  if (words === null) {
    return (
      <>
        {contact.remark ?? t('common.none')}
        <IconButton icon="edit" label={t('contacts.editRemark')} onClick={() => setWords(contact.remark ?? '')} />
      </>
    );
  }
  const save = async () => {
    const remark = words.trim() || null;
    if (remark === contact.remark || (await run(() => actions.setContact(contact.user, { remark, labels: contact.labels })))) setWords(null);
  };
  return (
    <form
      onSubmit={(event) => { event.preventDefault(); void save(); }}
      onKeyDown={(event) => { if (event.key === 'Escape' && !event.isComposing) { event.stopPropagation(); setWords(null); } }}
    >
      <Field label={t('contacts.remark')} hideLabel size="small" maxLength={REMARK_MAX} value={words} onInput={setWords} error={problem} inputRef={(input) => { if (input && document.activeElement === document.body) input.focus(); }} />
      <Button type="submit" size="small" kind="primary" busy={busy}>{t('common.save')}</Button>
      <Button size="small" onClick={() => setWords(null)}>{t('common.cancel')}</Button>
    </form>
  );
}
