import { useEffect, useState } from 'preact/hooks';
import { actions, store, type UserId } from '../core';
import { t } from '../i18n';
import { Field, SkeletonRows } from '../ui';
import { Face } from '../contacts/Face';
import css from './Groups.module.css';

interface Pickable {
  user: UserId;
  name: string;
}

/** Choosing several people out of a list, with a field that narrows it. */
function Picker({ people, chosen, onChange, single }: { people: readonly Pickable[]; chosen: readonly UserId[]; onChange: (chosen: UserId[]) => void; single?: boolean }) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLocaleLowerCase();
  const shown = people.filter(({ user, name }) => chosen.includes(user) || name.toLocaleLowerCase().includes(wanted) || user.toLowerCase().includes(wanted));
  const toggle = (user: UserId, on: boolean) => onChange(single ? (on ? [user] : []) : on ? [...chosen, user] : chosen.filter((other) => other !== user));
  return (
    <fieldset class={css.picker}>
      <legend class="hidden-text">{t('groups.choosePeople')}</legend>
      <Field label={t('contacts.searchContacts')} hideLabel size="small" icon="search" type="search" placeholder={t('common.search')} value={text} onInput={setText} onKeyDown={(event: KeyboardEvent) => { if (event.key === 'Enter') event.preventDefault(); }} />
      <div class={css.choices}>
        {shown.map(({ user, name }) => (
          <label key={user} class={css.choice}>
            <input type={single ? 'radio' : 'checkbox'} name={single ? 'picked' : undefined} checked={chosen.includes(user)} onChange={(event) => toggle(user, event.currentTarget.checked)} />
            <Face user={user} size={32} presence={false} />
            <span>{name}</span>
          </label>
        ))}
        {shown.length === 0 && <p class={css.muted}>{people.length === 0 ? t('groups.nobodyToChoose') : t('common.noResults')}</p>}
      </div>
    </fieldset>
  );
}

/** Contacts and, where it may be several, assistants, without some; `single` lets one be chosen. */
export function ContactPicker({ without = [], single, chosen, onChange }: { single?: boolean; without?: readonly UserId[]; chosen: readonly UserId[]; onChange: (chosen: UserId[]) => void }) {
  useEffect(() => {
    if (!store.contacts.peek()) void actions.loadContacts().catch(() => undefined);
  }, []);
  const contacts = store.contacts.value;
  if (!contacts) return <SkeletonRows count={3} />;
  const people = contacts.filter(({ user, profile }) => !profile.deleted && !without.includes(user)).map(({ user, remark, profile }) => ({ user, name: remark ?? profile.name }));
  const assistants = single ? [] : store.assistants.value.filter(({ user }) => !without.includes(user) && !people.some((person) => person.user === user));
  return <Picker single={single ?? false} people={[...people, ...assistants]} chosen={chosen} onChange={onChange} />;
}

/** One of the members. */
export function MemberPicker({ users, chosen, onChange }: { users: readonly UserId[]; chosen: UserId | null; onChange: (user: UserId | null) => void }) {
  const people = users.map((user) => ({ user, name: store.person(user).value.name }));
  return <Picker single people={people} chosen={chosen ? [chosen] : []} onChange={([user]) => onChange(user ?? null)} />;
}
