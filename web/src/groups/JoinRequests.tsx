import { useState } from 'preact/hooks';
import { actions, store, type ConversationView, type JoinRequest } from '../core';
import { relative, t } from '../i18n';
import { paths } from '../router';
import { Button, Card, ErrorState, ListRow, now } from '../ui';
import { Face } from '../contacts/Face';
import { useDoing, useLoad } from '../contacts/useLoad';
import css from './Groups.module.css';

/** Who asks to join, with an answer for each. Asks anew when something happened in the group. */
export function JoinRequests({ view }: { view: ConversationView }) {
  const [requests, setRequests] = useState<JoinRequest[] | null>(null);
  const { problem, retry } = useLoad(() => actions.joinRequests(view.id).then(({ items }) => setRequests(items)), [view.id, view.meta.value.head]);
  if (problem && !requests) return <Card title={t('groups.joinRequests')}><ErrorState error={problem} onRetry={retry} /></Card>;
  if (!requests || requests.length === 0) return null;
  return (
    <Card title={t('groups.joinRequestsCount', { count: requests.length })}>
      <ul>{requests.map((request) => <Request key={request.user} view={view} request={request} onAnswered={retry} />)}</ul>
    </Card>
  );
}

function Request({ view, request, onAnswered }: { view: ConversationView; request: JoinRequest; onAnswered: () => void }) {
  const person = store.person(request.user).value;
  const { busy, problem, run } = useDoing();
  const answer = async (accept: boolean) => {
    if (await run(() => actions.answerJoin(view.id, request.user, accept))) onAnswered();
  };
  const words = [request.greeting && t('contacts.quoted', { text: request.greeting }), relative(request.asked, now.value)].filter(Boolean).join(' · ');
  return (
    <li class={css.group}>
      <ListRow href={paths.user(request.user)} leading={<Face user={request.user} presence={false} />} title={person.name} subtitle={<span class={css.whole}>{problem ?? words}</span>} />
      <span class={css.buttons}>
        <Button size="small" busy={busy} aria-label={t('contacts.declineWho', { name: person.name })} onClick={() => void answer(false)}>{t('contacts.decline')}</Button>
        <Button size="small" kind="primary" busy={busy} aria-label={t('contacts.acceptWho', { name: person.name })} onClick={() => void answer(true)}>{t('contacts.accept')}</Button>
      </span>
    </li>
  );
}
