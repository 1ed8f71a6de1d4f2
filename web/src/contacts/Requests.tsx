import { useEffect, useState } from 'preact/hooks';
import { actions, store, type ContactRequest } from '../core';
import { relative, t } from '../i18n';
import { paths } from '../router';
import { Card, Empty, ErrorState, ListRow, now, Pill, SkeletonRows, Tabs } from '../ui';
import { AnswerButtons } from './AnswerButtons';
import css from './Contacts.module.css';
import { Face } from './Face';
import { sourceWords } from './source';
import { useLoad } from './useLoad';

/** What waits comes first, then the newest. */
const inOrder = (requests: readonly ContactRequest[]): ContactRequest[] =>
  [...requests].sort((a, b) => Number(b.state === 'pending') - Number(a.state === 'pending') || b.asked - a.asked);

/** Requests that came and that were sent. Seeing them takes the badge away. */
export function Requests() {
  const [tab, setTab] = useState<'in' | 'out'>('in');
  const { problem, retry } = useLoad(() => actions.loadRequests());
  const came = store.requestsIn.value;
  const unread = store.requestsUnread.value;
  useEffect(() => {
    if (came && unread > 0 && tab === 'in') actions.requestsSeen();
  }, [came, unread, tab]);
  const shown = tab === 'in' ? came : store.requestsOut.value;
  const waiting = came?.filter((request) => request.state === 'pending').length ?? 0;
  return (
    <div>
      <Tabs
        label={t('contacts.requests')}
        value={tab}
        onChange={setTab}
        tabs={[{ value: 'in', label: waiting > 0 ? t('contacts.receivedCount', { number: waiting }) : t('contacts.received') }, { value: 'out', label: t('contacts.sent') }]}
      >
        <div class={css.panel}>
          {shown ? <RequestList requests={inOrder(shown)} received={tab === 'in'} /> : problem ? <ErrorState error={problem} onRetry={retry} /> : <SkeletonRows count={3} />}
        </div>
      </Tabs>
    </div>
  );
}

function RequestList({ requests, received }: { requests: ContactRequest[]; received: boolean }) {
  if (requests.length === 0) {
    return <Empty icon="invite" title={t(received ? 'contacts.noneReceived' : 'contacts.noneSent')} text={t(received ? 'contacts.noneReceivedText' : 'contacts.noneSentText')} />;
  }
  return (
    <Card>
      <ul>{requests.map((request) => <Request key={received ? request.from : request.to} request={request} received={received} />)}</ul>
    </Card>
  );
}

/** One request: who, what they say, and an answer or what came of it. */
export function Request({ request, received }: { request: ContactRequest; received: boolean }) {
  const user = received ? request.from : request.to;
  const person = store.person(user).value;
  const words = [
    request.greeting && t('contacts.quoted', { text: request.greeting }),
    received && request.source && sourceWords(request.source),
    relative(request.asked, now.value),
  ];
  return (
    <li class={css.person}>
      <ListRow href={paths.user(user)} leading={<Face user={user} size={44} presence={false} />} title={person.name} subtitle={<span class={css.whole}>{words.filter(Boolean).join(' · ')}</span>} />
      <span class={css.buttons}>{received && request.state === 'pending' ? <AnswerButtons user={user} /> : <State request={request} />}</span>
    </li>
  );
}

function State({ request }: { request: ContactRequest }) {
  switch (request.state) {
    case 'accepted': return <Pill tone="ok">{t('contacts.accepted')}</Pill>;
    case 'declined': return <Pill>{t('contacts.declined')}</Pill>;
    default: return <Pill tone="warn">{t('contacts.waiting')}</Pill>;
  }
}
