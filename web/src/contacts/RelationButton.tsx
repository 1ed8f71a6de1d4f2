import { useState } from 'preact/hooks';
import { store, type ContactRequest, type UserId } from '../core';
import { t } from '../i18n';
import { Button, Pill } from '../ui';
import { AnswerButtons } from './AnswerButtons';
import { AskDialog } from './AskDialog';
import { message } from './message';

/** How somebody came to be asked; what the other side reads as the source. */
export type Source = 'search' | 'link';

/** The request between two that waits for an answer, if there is one. */
export function pendingWith(requests: readonly ContactRequest[] | null, user: UserId): ContactRequest | null {
  return requests?.find((request) => (request.from === user || request.to === user) && request.state === 'pending') ?? null;
}

/** What one can do about somebody: add them, wait for them, say yes to them, write to them. */
export function RelationButton({ user, source, size = 'small' }: { user: UserId; source: Source; size?: 'small' | 'medium' }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const person = store.person(user).value;
  if (store.me.value?.profile.user === user) return <Pill>{t('common.you')}</Pill>;
  if (person.deleted) return <Pill>{t('contacts.deleted')}</Pill>;
  const open = async () => {
    setBusy(true);
    await message(user);
    setBusy(false);
  };
  if (person.contact) return <Button size={size} kind={size === 'small' ? 'plain' : 'primary'} icon="chat" busy={busy} onClick={() => void open()}>{t('contacts.message')}</Button>;
  if (pendingWith(store.requestsIn.value, user)) return <AnswerButtons user={user} />;
  if (pendingWith(store.requestsOut.value, user)) return <Button size={size} icon="clock" disabled>{t('contacts.requested')}</Button>;
  return (
    <>
      <Button size={size} kind="primary" icon="add" onClick={() => setAsking(true)}>{t('common.add')}</Button>
      {asking && <AskDialog user={user} source={source} onClose={() => setAsking(false)} />}
    </>
  );
}
