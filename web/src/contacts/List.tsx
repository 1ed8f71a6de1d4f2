import { useEffect, useMemo, useState } from 'preact/hooks';
import { actions, store, type Contact, type LabelId } from '../core';
import { t } from '../i18n';
import { go, paths, route } from '../router';
import { Badge, Button, cx, Empty, ErrorState, Field, Icon, type IconName, IconButton, ListRow, MenuButton, SkeletonRows } from '../ui';
import { BlockedDialog } from './Blocked';
import { Face } from './Face';
import { LabelsDialog } from './Labels';
import { byLetter } from './letters';
import css from './List.module.css';
import { useLoad } from './useLoad';

/** Whose presence the list follows: those at its top. Those further down show theirs on their page. */
const WATCHED_MAX = 100;

const nameOf = (contact: Contact): string => contact.remark ?? contact.profile.name;

function matches(contact: Contact, text: string): boolean {
  const wanted = text.trim().toLocaleLowerCase();
  return [contact.remark, contact.profile.name, contact.user].some((words) => words?.toLocaleLowerCase().includes(wanted));
}

/** The column of people and groups. */
export function ContactList() {
  const [text, setText] = useState('');
  const [label, setLabel] = useState<LabelId | null>(null);
  const [dialog, setDialog] = useState<'labels' | 'blocked' | null>(null);
  const { problem, retry } = useLoad(() => actions.loadContacts());
  const contacts = store.contacts.value;
  const current = route.value;
  const section = current.page === 'contacts' ? current.section : null;
  const groups = store.conversations.value.filter(({ meta }) => meta.value.kind === 'group' && !meta.value.inbox.gone && !meta.value.group?.dissolved).length;
  return (
    <>
      <header class={css.head}>
        <h2>{t('contacts.title')}</h2>
        <IconButton icon="add" label={t('contacts.addFriend')} onClick={() => go(paths.newFriends)} />
        <MenuButton
          label={t('common.more')}
          items={() => [
            { label: t('contacts.manageLabels'), icon: 'tag', onSelect: () => setDialog('labels') },
            { label: t('contacts.blockedPeople'), icon: 'block', onSelect: () => setDialog('blocked') },
          ]}
        />
      </header>
      <div class={css.search}>
        <Field label={t('contacts.searchContacts')} hideLabel size="small" icon="search" type="search" placeholder={t('contacts.searchContacts')} value={text} onInput={setText} />
        <LabelChips chosen={label} onChoose={setLabel} />
      </div>
      <nav class={css.scroll} aria-label={t('contacts.title')}>
        <Shortcut icon="invite" href={paths.newFriends} current={section === 'new'} title={t('contacts.newFriends')} count={store.requestsUnread.value} />
        <Shortcut icon="contacts" href={paths.groups} current={section === 'groups'} title={t('contacts.groups', { count: groups })} />
        {contacts ? (
          <People contacts={contacts} text={text} label={label} />
        ) : problem ? (
          <ErrorState error={problem} onRetry={retry} />
        ) : (
          <SkeletonRows />
        )}
      </nav>
      {dialog === 'labels' && <LabelsDialog onClose={() => setDialog(null)} />}
      {dialog === 'blocked' && <BlockedDialog onClose={() => setDialog(null)} />}
    </>
  );
}

function Shortcut({ icon, href, title, count = 0, current }: { icon: IconName; href: string; title: string; count?: number; current: boolean }) {
  return (
    <ListRow
      href={href}
      current={current}
      leading={<span class={css.tile}><Icon name={icon} /></span>}
      title={title}
      trailing={<Badge count={count} />}
    />
  );
}

/** A row of labels: choosing one shows those who have it, choosing it again shows all. */
function LabelChips({ chosen, onChoose }: { chosen: LabelId | null; onChoose: (label: LabelId | null) => void }) {
  const labels = store.labels.value;
  if (!labels || labels.length === 0) return null;
  return (
    <div class={css.chips} role="group" aria-label={t('contacts.labels')}>
      {labels.map(({ label, name }) => (
        <button key={label} type="button" class={cx(css.chip, label === chosen && css.chosen)} aria-pressed={label === chosen} onClick={() => onChoose(label === chosen ? null : label)}>
          {name}
        </button>
      ))}
    </div>
  );
}

function People({ contacts, text, label }: { contacts: readonly Contact[]; text: string; label: LabelId | null }) {
  const shown = useMemo(
    () => contacts.filter((contact) => (label === null || contact.labels.includes(label)) && (text.trim() === '' || matches(contact, text))),
    [contacts, text, label],
  );
  const groups = useMemo(() => byLetter(shown, nameOf), [shown]);
  const watched = groups.flatMap((group) => group.items).slice(0, WATCHED_MAX).map((contact) => contact.user);
  useEffect(() => (watched.length > 0 ? store.watch(watched) : undefined), [watched.join(' ')]);
  const current = route.value;
  if (contacts.length === 0) {
    return (
      <Empty icon="contacts" title={t('contacts.noContacts')} text={t('contacts.noContactsText')}>
        <Button kind="primary" icon="add" onClick={() => go(paths.newFriends)}>{t('contacts.addFriend')}</Button>
      </Empty>
    );
  }
  return (
    <>
      {shown.length === 0 && <p class={css.nothing}>{t('common.noResults')}</p>}
      {groups.map(({ letter, items }) => (
        <section key={letter} class={css.letter} style={{ '--rows': items.length }} aria-label={letter}>
          <h3 aria-hidden="true">{letter}</h3>
          {items.map((contact) => (
            <ListRow
              key={contact.user}
              href={paths.user(contact.user)}
              current={current.page === 'user' && current.user === contact.user}
              leading={<Face user={contact.user} />}
              title={nameOf(contact)}
            />
          ))}
        </section>
      ))}
      <span class="hidden-text" role="status">{text && t('common.results', { count: shown.length })}</span>
    </>
  );
}
