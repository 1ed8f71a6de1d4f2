import { useEffect, useState } from 'preact/hooks';
import { actions, store, type ConversationView, type Member } from '../core';
import { shortTime, t } from '../i18n';
import { go, paths } from '../router';
import { Button, ConfirmDialog, ErrorState, Field, ListRow, MenuButton, now, Pill, SkeletonRows, type MenuItem } from '../ui';
import { Face } from '../contacts/Face';
import { failed, message } from '../contacts/message';
import { inWords } from '../contacts/problems';
import { useLoad } from '../contacts/useLoad';
import { AliasDialog } from './Alias';
import css from './Groups.module.css';
import { isAbove, powersOf } from './may';

/** Shown at first, and added by each "Show more". */
const SHOWN = 30;
/** From so many on there is a field to find one. */
const FIND_FROM = 10;
/** A silence without an end is one until a time far away, as the protocol has it. */
const FOREVER = Date.UTC(9999, 0);
const MINUTE = 60_000;

/** The members of a group: who they are, what they are called here, and what can be done about each. */
export function Members({ view }: { view: ConversationView }) {
  const [text, setText] = useState('');
  const [limit, setLimit] = useState(SHOWN);
  const { problem, retry } = useLoad(() => actions.loadMembers(view.id), [view.id, view.meta.value.members]);
  const members = view.members.value;
  const wanted = text.trim().toLocaleLowerCase();
  const found = members?.filter((member) => wanted === '' || [member.alias, store.person(member.user).value.name, member.user].some((words) => words?.toLocaleLowerCase().includes(wanted))) ?? [];
  const shown = found.slice(0, limit);
  useEffect(() => (shown.length > 0 ? store.watch(shown.slice(0, WATCHED_MAX).map((member) => member.user)) : undefined), [shown.map((member) => member.user).join(' ')]);
  if (!members) return problem ? <ErrorState error={problem} onRetry={retry} /> : <SkeletonRows count={4} />;
  return (
    <>
      {members.length >= FIND_FROM && <Field label={t('groups.findMember')} hideLabel size="small" icon="search" type="search" placeholder={t('groups.findMember')} value={text} onInput={setText} />}
      <ul>{shown.map((member) => <MemberRow key={member.user} view={view} member={member} />)}</ul>
      {found.length === 0 && <p class={css.muted}>{t('common.noResults')}</p>}
      {found.length > limit && <Button wide kind="quiet" onClick={() => setLimit(limit + 5 * SHOWN)}>{t('groups.showMore', { count: found.length - limit })}</Button>}
    </>
  );
}

const WATCHED_MAX = 100;

function MemberRow({ view, member }: { view: ConversationView; member: Member }) {
  const [dialog, setDialog] = useState<'alias' | 'remove' | null>(null);
  const person = store.person(member.user).value;
  const name = member.alias ?? person.name;
  const self = store.me.value?.profile.user === member.user;
  const silenced = (member.silenced_until ?? 0) > now.value ? member.silenced_until : null;
  const words = [
    self && t('common.you'),
    member.alias && person.name,
    silenced && (silenced >= FOREVER ? t('groups.silenced') : t('groups.silencedUntil', { time: shortTime(silenced, now.value) })),
  ].filter(Boolean).join(' · ');
  return (
    <li class={css.member}>
      <ListRow
        href={self ? undefined : paths.user(member.user)}
        leading={<Face user={member.user} size={36} />}
        title={name}
        subtitle={words}
        trailing={member.role !== 'member' && <Pill tone="accent">{t(member.role === 'owner' ? 'common.owner' : 'common.admin')}</Pill>}
      />
      <MenuButton label={t('groups.actionsFor', { name })} items={() => itemsFor(view, member, self, silenced !== null, setDialog)} />
      {dialog === 'alias' && <AliasDialog view={view} member={member} onClose={() => setDialog(null)} />}
      {dialog === 'remove' && (
        <ConfirmDialog
          title={t('groups.removeWho', { name })}
          text={t('groups.removeText')}
          confirm={t('common.remove')}
          danger
          onConfirm={() => inWords(actions.removeMember(view.id, member.user))}
          onClose={() => setDialog(null)}
        />
      )}
    </li>
  );
}

function itemsFor(view: ConversationView, member: Member, self: boolean, silenced: boolean, ask: (dialog: 'alias' | 'remove') => void): MenuItem[] {
  const meta = view.meta.peek();
  const may = powersOf(meta);
  const above = isAbove(meta.role, member.role);
  const act = (doing: Promise<void>) => void doing.catch(failed);
  const silence = (ms: number | null) => act(actions.silence(view.id, member.user, ms === null ? null : ms === Infinity ? FOREVER : Date.now() + ms));
  const items: MenuItem[] = [];
  if (!self) {
    items.push({ label: t('contacts.message'), icon: 'chat', onSelect: () => void message(member.user) });
    items.push({ label: t('groups.profile'), icon: 'user', onSelect: () => go(paths.user(member.user)) });
  }
  if ((self || may.manage) && !meta.inbox.gone && !meta.group?.dissolved) items.push({ label: t(self ? 'groups.myAlias' : 'groups.alias'), icon: 'edit', onSelect: () => ask('alias') });
  if (may.own && !self) {
    const manager = member.role === 'manager';
    items.push({ label: t(manager ? 'groups.endManager' : 'groups.makeManager'), icon: 'crown', onSelect: () => act(actions.setManager(view.id, member.user, !manager)) });
  }
  if (may.manage && above) {
    items.push('separator');
    if (silenced) items.push({ label: t('groups.endSilence'), icon: 'mic', onSelect: () => silence(null) });
    else {
      items.push({ label: t('groups.silence10m'), icon: 'muteUser', onSelect: () => silence(10 * MINUTE) });
      items.push({ label: t('groups.silence1h'), icon: 'muteUser', onSelect: () => silence(60 * MINUTE) });
      items.push({ label: t('groups.silence1d'), icon: 'muteUser', onSelect: () => silence(24 * 60 * MINUTE) });
      items.push({ label: t('groups.silenceForever'), icon: 'muteUser', onSelect: () => silence(Infinity) });
    }
    items.push('separator', { label: t('groups.removeMember'), icon: 'trash', danger: true, onSelect: () => ask('remove') });
  }
  return items;
}
