import { useState } from 'preact/hooks';
import { actions, problemOf, store, type Profile } from '../core';
import { t } from '../i18n';
import { paths } from '../router';
import { Button, Card, Field, Icon, ListRow, SkeletonRows } from '../ui';
import css from './Contacts.module.css';
import { Face } from './Face';
import { RelationButton } from './RelationButton';
import { useDoing } from './useLoad';

interface Found {
  text: string;
  /** The server has no directory. */
  closed: boolean;
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
      try {
        const { items, more } = await actions.findUsers(wanted);
        setFound({ text: wanted, closed: false, users: items, more });
      } catch (error) {
        if (problemOf(error).code !== 'forbidden') throw error;
        setFound({ text: wanted, closed: true, users: [], more: false });
      }
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
      {found?.closed && <ById text={found.text} />}
      {found && !found.closed && <Results found={found} busy={busy} onMore={() => searchOn(found)} />}
    </>
  );
}

const USER_ID = /^[A-Za-z0-9_.@-]{1,64}$/;

/** Where nobody can be searched for, whoever knows an id still comes to its page. */
function ById({ text }: { text: string }) {
  return (
    <Card note={t('contacts.directoryOff')}>
      <div role="status">{USER_ID.test(text) ? <ListRow href={paths.user(text)} title={t('contacts.openById', { user: text })} trailing={<Icon name="next" />} /> : <ListRow title={t('contacts.nobodyFound', { text })} />}</div>
    </Card>
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
