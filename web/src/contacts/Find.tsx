import { useState } from 'preact/hooks';
import { actions, store, type Profile } from '../core';
import { t } from '../i18n';
import { paths } from '../router';
import { Button, Card, Field, ListRow, SkeletonRows } from '../ui';
import css from './Contacts.module.css';
import { Face } from './Face';
import { RelationButton } from './RelationButton';
import { useDoing } from './useLoad';

interface Found {
  text: string;
  users: Profile[];
  more: boolean;
}

/** Searching the directory, as far as the server lets itself be searched. */
export function Find() {
  const [text, setText] = useState('');
  const [found, setFound] = useState<Found | null>(null);
  const { busy, problem, run } = useDoing();
  const search = () => {
    const wanted = text.trim();
    if (wanted === '') return;
    void run(async () => {
      setFound(null);
      const { items, more } = await actions.findUsers(wanted);
      setFound({ text: wanted, users: items, more });
    });
  };
  const searchOn = (so: Found) =>
    void run(async () => {
      const { items, more } = await actions.findUsers(so.text, so.users.at(-1)?.user ?? null);
      setFound({ ...so, users: [...so.users, ...items], more: more && items.length > 0 });
    });
  return (
    <>
      <form class={css.find} role="search" onSubmit={(event) => { event.preventDefault(); search(); }}>
        <Field
          label={t('contacts.findPeople')}
          hideLabel
          type="search"
          icon="search"
          placeholder={t('contacts.findPlaceholder')}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxLength={128}
          value={text}
          onInput={setText}
          error={problem}
        />
        <Button type="submit" kind="primary" size="large" busy={busy} disabled={text.trim() === ''}>{t('common.search')}</Button>
      </form>
      {busy && !found && <SkeletonRows count={3} />}
      {found && <Results found={found} busy={busy} onMore={() => searchOn(found)} />}
    </>
  );
}

function Results({ found, busy, onMore }: { found: Found; busy: boolean; onMore: () => void }) {
  return (
    <Card title={t('contacts.found')} note={found.users.length === 0 ? t('contacts.nobodyFoundText') : undefined}>
      <div role="status">
        {found.users.length === 0 ? (
          <ListRow title={t('contacts.nobodyFound', { text: found.text })} />
        ) : (
          <span class="hidden-text">{t('common.results', { count: found.users.length })}</span>
        )}
      </div>
      <ul>
        {found.users.map(({ user, name }) => (
          <li key={user} class={css.person}>
            <ListRow href={paths.user(user)} leading={<Face user={user} size={44} presence={false} />} title={store.person(user).value.remark ?? name} subtitle={`@${user}`} />
            <span class={css.buttons}><RelationButton user={user} source="search" /></span>
          </li>
        ))}
      </ul>
      {found.more && <Button wide kind="quiet" busy={busy} onClick={onMore}>{t('common.loadMore')}</Button>}
    </Card>
  );
}
