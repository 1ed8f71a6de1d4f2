import { Fragment } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { actions, store, type Contact, type UserId } from '../core';
import { date, t } from '../i18n';
import { go, linkTo, paths } from '../router';
import { searchNext } from '../shell/panes';
import { Button, Card, ConfirmDialog, ErrorState, IconButton, Loading, Pill, Row, Switch } from '../ui';
import css from './Contacts.module.css';
import { ChatSwitches } from './ChatSwitches';
import { Face } from './Face';
import { LabelPicker } from './Labels';
import { failed, message } from './message';
import { Pane } from './Pane';
import { PresenceWords } from './Presence';
import { inWords } from './problems';
import { pendingWith, RelationButton } from './RelationButton';
import { Remark } from './Remark';
import { Request } from './Requests';
import { sourceWords } from './source';
import { useLoad } from './useLoad';

/** One person: who they are, what is kept about them, what is between them and the reader. */
export function PersonPage({ user }: { user: UserId }) {
  const person = store.person(user).value;
  const { problem, retry } = useLoad(() => Promise.all([actions.loadContacts(), actions.loadBlocked(), actions.loadRequests()]), [user]);
  const [late, setLate] = useState(false);
  useEffect(() => {
    const wait = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(wait);
  }, [user]);
  if (!person.known) {
    return (
      <Pane title={`@${user}`} back={paths.contacts}>
        {problem ? <ErrorState error={problem} onRetry={retry} /> : late ? <ErrorState title={t('contacts.noSuchPerson')} error={t('contacts.noSuchPersonText')} onRetry={retry} /> : <Loading />}
      </Pane>
    );
  }
  const self = store.me.value?.profile.user === user;
  const contact = store.contacts.value?.find((row) => row.user === user) ?? null;
  const asked = person.contact ? null : pendingWith(store.requestsIn.value, user);
  return (
    <Pane title={person.name} back={paths.contacts}>
      <Hero user={user} asked={asked !== null} />
      {asked && <Card title={t('contacts.asksYou')}><ul><Request request={asked} received /></ul></Card>}
      <Facts user={user} contact={contact} />
      {!self && !person.deleted && <Chat user={user} />}
      {!self && <Privacy user={user} name={person.name} contact={contact !== null} blocked={person.blocked} />}
    </Pane>
  );
}

/** A profile that has not come by then is taken for one that does not exist. */
const PATIENCE_MS = 3_000;

function Hero({ user, asked }: { user: UserId; asked: boolean }) {
  const person = store.person(user).value;
  const self = store.me.value?.profile.user === user;
  const chat = store.direct(user).value;
  return (
    <>
      <div class={css.hero}>
        <Face user={user} size={88} />
        <div>
          <h3>{person.name} {person.kind === 'bot' && <Pill>{t('common.bot')}</Pill>} {person.blocked && <Pill tone="danger">{t('contacts.blocked')}</Pill>}</h3>
          <p>@{user}</p>
          <p><PresenceWords user={user} /></p>
        </div>
      </div>
      <div class={css.actions}>
        {!asked && <RelationButton user={user} source="link" size="medium" />}
        {!self && !person.contact && !person.deleted && <Button icon="chat" onClick={() => void message(user)}>{t('contacts.message')}</Button>}
        {chat && <Button icon="search" onClick={() => { searchNext.value = true; go(paths.chat(chat.id)); }}>{t('contacts.searchHistory')}</Button>}
      </div>
    </>
  );
}

function Facts({ user, contact }: { user: UserId; contact: Contact | null }) {
  const [labelling, setLabelling] = useState(false);
  const person = store.person(user).value;
  const card = store.profile(user).value?.card;
  const labels = (store.labels.value ?? []).filter(({ label }) => contact?.labels.includes(label));
  const request = [...(store.requestsIn.value ?? []), ...(store.requestsOut.value ?? [])].find((row) => row.from === user || row.to === user);
  const rows: [string, preact.ComponentChildren][] = [
    [t('contacts.displayName'), person.remark && person.displayName],
    [t('contacts.userId'), user],
    [t('contacts.signature'), card?.signature],
    [t('contacts.location'), card?.location],
    [t('contacts.phone'), card?.phone],
    [t('contacts.email'), card?.email],
    [t('contacts.source'), contact && request?.source && sourceWords(request.source)],
    [t('contacts.since'), contact?.since && date(contact.since)],
    [t('contacts.inCommon'), <GroupsInCommon user={user} />],
  ];
  return (
    <Card>
      <dl class={css.facts}>
        {contact && <><dt>{t('contacts.remark')}</dt><dd><Remark contact={contact} /></dd></>}
        {rows.filter(([, value]) => value).map(([name, value]) => <Fragment key={name}><dt>{name}</dt><dd>{value}</dd></Fragment>)}
        {contact && (
          <>
            <dt>{t('contacts.labels')}</dt>
            <dd>
              {labels.length > 0 ? labels.map(({ label, name }) => <Pill key={label} tone="accent">{name}</Pill>) : t('common.none')}
              <IconButton icon="edit" label={t('contacts.editLabels')} onClick={() => setLabelling(true)} />
            </dd>
          </>
        )}
      </dl>
      {labelling && contact && <LabelPicker contact={contact} onClose={() => setLabelling(false)} />}
    </Card>
  );
}

/** Only the members of so many groups of at most that size are asked for to find those in common. */
const GROUPS_ASKED_MAX = 20;
const MEMBERS_ASKED_MAX = 200;

function GroupsInCommon({ user }: { user: UserId }) {
  const asked = store.conversations.value
    .filter(({ meta }) => meta.value.kind === 'group' && !meta.value.inbox.gone && meta.value.members <= MEMBERS_ASKED_MAX)
    .slice(0, GROUPS_ASKED_MAX);
  useLoad(() => Promise.all(asked.filter((view) => !view.members.peek()).map((view) => actions.loadMembers(view.id))), [asked.map((view) => view.id).join()]);
  const common = asked.filter((view) => view.members.value?.some((member) => member.user === user));
  if (common.length === 0) return <>{t('common.none')}</>;
  return <>{common.map((view) => <a key={view.id} {...linkTo(paths.chat(view.id))}>{view.title.value}</a>)}</>;
}

/** Pin and mute. They belong to the direct chat, which is opened when it is not there yet. */
function Chat({ user }: { user: UserId }) {
  const chat = store.direct(user).value;
  const change = (act: (conversation: number) => Promise<void>) => {
    actions.openDirect(user).then(act).catch(failed);
  };
  return (
    <Card title={t('contacts.conversation')}>
      <ChatSwitches chat={chat} change={change} />
    </Card>
  );
}

function Privacy({ user, name, contact, blocked }: { user: UserId; name: string; contact: boolean; blocked: boolean }) {
  const [asking, setAsking] = useState<'block' | 'remove' | null>(null);
  const unblock = () => void actions.block(user, false).catch(failed);
  return (
    <Card title={t('contacts.privacy')}>
      <Row label={t('contacts.block')} hint={t('contacts.blockHint')}>
        {(id) => <Switch labelledBy={id} checked={blocked} onChange={(on) => (on ? setAsking('block') : unblock())} />}
      </Row>
      {contact && (
        <Row label={t('contacts.removeFriend')} hint={t('contacts.removeHint')}>
          <Button size="small" kind="danger" onClick={() => setAsking('remove')}>{t('common.remove')}</Button>
        </Row>
      )}
      {asking === 'block' && (
        <ConfirmDialog title={t('contacts.blockWho', { name })} text={t('contacts.blockText')} confirm={t('contacts.block')} danger onConfirm={() => inWords(actions.block(user, true))} onClose={() => setAsking(null)} />
      )}
      {asking === 'remove' && (
        <ConfirmDialog title={t('contacts.removeWho', { name })} text={t('contacts.removeText')} confirm={t('common.remove')} danger onConfirm={() => inWords(actions.deleteContacts([user]))} onClose={() => setAsking(null)} />
      )}
    </Card>
  );
}
