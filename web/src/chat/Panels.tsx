// Below the head of a thread: searching in it, and what is pinned.

import { useEffect, useState } from 'preact/hooks';
import { actions, store, type Has, type Hit, type UserId } from '../core';
import { Face } from '../contacts/Face';
import { t, type PlainKey } from '../i18n';
import { act, Button, ErrorState, Field, IconButton, ListRow, Loading, Select, Time, toastError } from '../ui';
import css from './Above.module.css';
import { mayPin } from './may';
import { jumpTo, type Pane } from './pane';
import { bodyWords, nameIn } from './words';

/** As fast as somebody types, no faster. */
const PAUSE_MS = 250;
const KINDS: readonly { value: Has | ''; label: PlainKey }[] = [
  { value: '', label: 'chat.filterAny' }, { value: 'image', label: 'chat.photo' }, { value: 'file', label: 'chat.file' }, { value: 'voice', label: 'chat.voice' },
  { value: 'video', label: 'chat.video' }, { value: 'link', label: 'chat.filterLink' },
];

interface Found {
  hits: readonly Hit[];
  next: string | null;
  complete: boolean;
}

export function SearchPanel({ pane }: { pane: Pane }) {
  const { view } = pane;
  const [text, setText] = useState('');
  const [has, setHas] = useState<Has | ''>('');
  const [from, setFrom] = useState<UserId>('');
  const [found, setFound] = useState<Found | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const query = { q: text.trim(), conversation: view.id, has: has || null, from: from || null };
  useEffect(() => {
    setError(null);
    if (!query.q) {
      setFound(null);
      return undefined;
    }
    let current = true;
    const wait = setTimeout(() => {
      setBusy(true);
      actions.search(query).then((page) => current && setFound(page), (reason) => current && setError(reason)).finally(() => setBusy(false));
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(wait);
    };
  }, [query.q, has, from, attempt]);
  const more = () => {
    if (!found?.next) return;
    setBusy(true);
    actions.search({ ...query, cursor: found.next }).then((page) => setFound({ ...page, hits: [...found.hits, ...page.hits] }), toastError).finally(() => setBusy(false));
  };
  const people = view.meta.value.kind === 'group' ? (view.members.value ?? []).map(({ user }) => ({ value: user, label: nameIn(view, user) })) : [];
  return (
    <section class={css.panel} role="search" aria-label={t('chat.searchHere')}>
      <div class={css.bar}>
        <Field label={t('chat.searchHere')} hideLabel size="small" icon="search" type="search" placeholder={t('chat.searchPlaceholder')} value={text} onInput={setText} inputRef={(input) => { if (input && !input.dataset.focused) { input.dataset.focused = 'yes'; input.focus(); } }} />
        <IconButton icon="close" label={t('common.close')} onClick={() => { pane.panel.value = null; }} />
      </div>
      <div class={css.filters}>
        <Select label={t('chat.hasLabel')} hideLabel size="small" value={has} options={KINDS.map(({ value, label }) => ({ value, label: t(label) }))} onChange={setHas} />
        {people.length > 0 && <Select label={t('chat.fromLabel')} hideLabel size="small" value={from} options={[{ value: '', label: t('chat.anybody') }, ...people]} onChange={setFrom} />}
      </div>
      <div class={css.hits}>
        {error !== null ? <ErrorState error={error} onRetry={() => setAttempt(attempt + 1)} /> : busy && !found ? <Loading /> : found && (
          <>
            <span class="hidden-text" role="status">{t('common.results', { count: found.hits.length })}</span>
            {found.hits.length === 0 && <p class={css.nothing}>{t('common.noResults')}</p>}
            {found.hits.map(({ entry }) => (
              <ListRow
                key={entry.seq} leading={<Face user={entry.author} size={36} presence={false} />} title={bodyWords(entry.body)} subtitle={nameIn(view, entry.author)} trailing={<Time at={entry.at} kind="short" />}
                onClick={() => { pane.panel.value = null; act(jumpTo(pane, entry.seq)); }}
              />
            ))}
            {found.next && <Button wide busy={busy} onClick={more}>{t('common.loadMore')}</Button>}
            {!found.complete && <p class={css.nothing}>{t('chat.incomplete')}</p>}
          </>
        )}
      </div>
    </section>
  );
}

export function PinsPanel({ pane }: { pane: Pane }) {
  const { view } = pane;
  const pins = view.pins.value;
  return (
    <section class={css.panel} aria-label={t('chat.pinnedTitle')}>
      <div class={css.bar}>
        <h3>{t('chat.pinnedTitle')}</h3>
        <IconButton icon="close" label={t('common.close')} onClick={() => { pane.panel.value = null; }} />
      </div>
      <div class={css.hits}>
        {!pins ? <Loading /> : pins.length === 0 ? <p class={css.nothing}>{t('chat.noPins')}</p> : pins.map((row) => (
          <div key={row.id} class={css.bar}>
            <ListRow
              leading={<Face user={row.author} size={36} presence={false} />} title={bodyWords(row.body)} subtitle={store.person(row.author).value.name} trailing={<Time at={row.at} kind="short" />}
              onClick={() => { pane.panel.value = null; if (row.seq !== null) act(jumpTo(pane, row.seq)); }}
            />
            {mayPin(view.meta.value, row) && row.seq !== null && <IconButton icon="close" label={t('chat.unpinMessage')} onClick={() => act(actions.pinEntry(view.id, row.seq ?? 0, false))} />}
          </div>
        ))}
      </div>
    </section>
  );
}
