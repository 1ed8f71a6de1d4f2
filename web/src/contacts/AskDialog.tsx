import { useState } from 'preact/hooks';
import { actions, store, type UserId } from '../core';
import { t } from '../i18n';
import { Button, Dialog, Field, ListRow, TextArea, toast } from '../ui';
import css from './Contacts.module.css';
import { Face } from './Face';
import { useDoing } from './useLoad';

const GREETING_MAX = 200;
const REMARK_MAX = 64;

/** Asks somebody to become a contact: with a greeting they read, and a name for them that only the applicant sees. */
export function AskDialog({ user, source, onClose }: { user: UserId; source: string; onClose: () => void }) {
  const person = store.person(user).value;
  const [greeting, setGreeting] = useState(() => t('contacts.greetingDefault', { name: store.me.peek()?.profile.name ?? '' }));
  const [remark, setRemark] = useState('');
  const { busy, problem, run } = useDoing();
  const ask = async () => {
    const words = { greeting: greeting.trim() || null, remark: remark.trim() || null, source };
    if (!(await run(() => actions.requestContact(user, words)))) return;
    toast(t('contacts.requestSent', { name: person.name }));
    onClose();
  };
  return (
    <Dialog
      title={t('contacts.addFriend')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" busy={busy} onClick={() => void ask()}>{t('contacts.sendRequest')}</Button>
        </>
      }
    >
      <div class={css.form}>
        <ListRow leading={<Face user={user} size={48} presence={false} />} title={person.displayName} subtitle={`@${user}`} />
        <TextArea label={t('contacts.greeting')} optional limit={GREETING_MAX} value={greeting} onInput={(words) => setGreeting(words.replace(/\n/g, ' '))} data-autofocus />
        <Field label={t('contacts.remark')} optional hint={t('contacts.remarkHint')} maxLength={REMARK_MAX} value={remark} onInput={setRemark} />
        {problem && <p class={css.error} role="alert">{problem}</p>}
      </div>
    </Dialog>
  );
}
