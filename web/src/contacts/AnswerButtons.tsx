import { useState } from 'preact/hooks';
import { actions, store, type UserId } from '../core';
import { t } from '../i18n';
import { Button, toast } from '../ui';
import { failed, message } from './message';

/** Yes or no to somebody who asks to be a contact. */
export function AnswerButtons({ user }: { user: UserId }) {
  const { name } = store.person(user).value;
  const [doing, setDoing] = useState<'accept' | 'decline' | null>(null);
  const answer = async (accept: boolean) => {
    if (doing) return;
    setDoing(accept ? 'accept' : 'decline');
    try {
      await actions.answerContact(user, accept);
      if (accept) toast({ text: t('contacts.nowFriends', { name }), action: { label: t('contacts.message'), onClick: () => void message(user) } });
    } catch (error) {
      failed(error);
    }
    setDoing(null);
  };
  return (
    <>
      <Button size="small" busy={doing === 'decline'} aria-label={t('contacts.declineWho', { name })} onClick={() => void answer(false)}>{t('contacts.decline')}</Button>
      <Button size="small" kind="primary" busy={doing === 'accept'} aria-label={t('contacts.acceptWho', { name })} onClick={() => void answer(true)}>{t('contacts.accept')}</Button>
    </>
  );
}
