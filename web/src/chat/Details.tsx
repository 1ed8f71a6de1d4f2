import { useState } from 'preact/hooks';
import { actions, store, thumbnailUrl, type ConversationId, type ConversationView, type Entry, type MediaKind } from '../core';
import { ChatSwitches } from '../contacts/ChatSwitches';
import { PresenceWords } from '../contacts/Presence';
import { useLoad } from '../contacts/useLoad';
import { bytes, t, withWords } from '../i18n';
import { go, linkTo, paths } from '../router';
import { detailsOpen } from '../shell/panes';
import { act, Button, ErrorState, Icon, IconButton, lazy, ListRow, Loading, Tabs, toastError } from '../ui';
import css from './Details.module.css';
import { ChatFace } from './List';

const GroupDetails = lazy(async () => ({ default: (await withWords(import('../groups/Details'))).GroupDetails }));

const Hooks = lazy(async () => ({ default: (await withWords(import('../hooks'))).Hooks }), 'nothing');

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
      <div class={css.part}><ChatSwitches chat={view} change={(change) => act(change(view.id))} /></div>
      <div class={css.part}><Gallery view={view} /></div>
      {person.kind === 'person' && !view.meta.value.inbox.gone && <Hooks view={view} />}
      <div class={css.part}>
        <Button wide kind={person.blocked ? 'plain' : 'danger'} icon="block" onClick={() => act(actions.block(peer, !person.blocked))}>{t(person.blocked ? 'chat.unblock' : 'chat.block')}</Button>
      </div>
    </section>
  );
}

type Shelf = 'pictures' | 'files' | 'voices';
const SHELVES: Record<Shelf, MediaKind[]> = { pictures: ['image', 'video'], files: ['file'], voices: ['voice'] };

/** What was sent here, newest first, a page at a time. */
function Gallery({ view }: { view: ConversationView }) {
  const [shelf, setShelf] = useState<Shelf>('pictures');
  return (
    <>
      <h3>{t('chat.media')}</h3>
      <Tabs label={t('chat.media')} value={shelf} onChange={setShelf} tabs={[{ value: 'pictures', label: t('chat.pictures') }, { value: 'files', label: t('chat.files') }, { value: 'voices', label: t('chat.voices') }]}>
        <Shelved key={shelf} view={view} kinds={SHELVES[shelf]} />
      </Tabs>
    </>
  );
}

function Shelved({ view, kinds }: { view: ConversationView; kinds: MediaKind[] }) {
  const [entries, setEntries] = useState<readonly Entry[] | null>(null);
  const [ended, setEnded] = useState(false);
  const { problem, retry } = useLoad(() => actions.gallery(view.id, kinds).then(setEntries), [view.id, view.meta.value.head]);
  const more = () => {
    const last = entries?.at(-1);
    if (!last) return;
    actions.gallery(view.id, kinds, last.seq).then((page) => { setEntries([...(entries ?? []), ...page]); setEnded(page.length === 0); }, toastError);
  };
  if (problem) return <ErrorState error={new Error(problem)} onRetry={retry} />;
  if (!entries) return <Loading />;
  const media = entries.flatMap(({ seq, body }) => ('media' in body ? [{ seq, info: body.media.info }] : []));
  if (media.length === 0) return <p class={css.nothing}>{t('chat.noMedia')}</p>;
  return (
    <>
      <div class={css.tiles}>
        {media.filter(({ info }) => info.thumbnail).map(({ seq, info }) => <a key={seq} {...linkTo(paths.chat(view.id, seq))}><img src={thumbnailUrl(info.media)} alt={info.name} loading="lazy" /></a>)}
      </div>
      {media.filter(({ info }) => !info.thumbnail).map(({ seq, info }) => <ListRow key={seq} href={paths.chat(view.id, seq)} leading={<Icon name="file" />} title={info.name} subtitle={bytes(info.bytes)} />)}
      {!ended && media.length >= SHELF_PAGE && <Button wide size="small" onClick={more}>{t('common.loadMore')}</Button>}
    </>
  );
}

/** A shorter shelf has nothing more. */
const SHELF_PAGE = 20;
