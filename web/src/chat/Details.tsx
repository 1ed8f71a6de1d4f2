import { actions, store, type ConversationId, type ConversationView } from '../core';
import { ChatSwitches } from '../contacts/ChatSwitches';
import { PresenceWords } from '../contacts/Presence';
import { GroupDetails } from '../groups';
import { t } from '../i18n';
import { go, paths } from '../router';
import { detailsOpen } from '../shell/panes';
import { Button, IconButton, Loading, toastError } from '../ui';
import css from './Details.module.css';
import { ChatFace } from './List';

/** What stands beside the thread. */
export function Details({ conversation }: { conversation: ConversationId }) {
  const view = store.conversation(conversation).value;
  if (!view) return <Loading />;
  return view.meta.value.kind === 'group' ? <GroupDetails view={view} /> : <Person view={view} />;
}

/** The other one of a direct chat. */
function Person({ view }: { view: ConversationView }) {
  const { peer } = view.meta.value;
  if (peer === null) return null;
  const person = store.person(peer).value;
  return (
    <section aria-label={t('chat.details')}>
      <header class={css.head}>
        <h2>{t('chat.details')}</h2>
        <IconButton icon="close" label={t('common.close')} onClick={() => { detailsOpen.value = false; }} />
      </header>
      <div class={css.top}>
        <ChatFace view={view} size={72} />
        <h3>{person.name}</h3>
        <p>@{peer}</p>
        <p><PresenceWords user={peer} /></p>
        {person.signature && <p>{person.signature}</p>}
        <Button size="small" icon="user" onClick={() => go(paths.user(peer))}>{t('chat.openProfile')}</Button>
      </div>
      <div class={css.part}><ChatSwitches chat={view} change={(act) => void act(view.id).catch(toastError)} /></div>
      <div class={css.part}>
        <Button wide kind={person.blocked ? 'plain' : 'danger'} icon="block" onClick={() => void actions.block(peer, !person.blocked).catch(toastError)}>{t(person.blocked ? 'chat.unblock' : 'chat.block')}</Button>
      </div>
    </section>
  );
}
