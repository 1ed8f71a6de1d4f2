import { useState } from 'preact/hooks';
import { actions, inviteUrl, type ConversationView, type InviteCode, type UserId } from '../core';
import { t } from '../i18n';
import { Button, Dialog, lazy, Select, Tabs, toast } from '../ui';
import { Shown } from '../ui/Shown';
import { useDoing, useLoad } from '../contacts/useLoad';
import css from './Groups.module.css';
import { ContactPicker } from './PeoplePicker';

const Qr = lazy(() => import('../ui/Qr'));
const DAY = 86_400_000;

const addressOf = (code: InviteCode): string => location.origin + inviteUrl(code);

/** Gets people in: contacts at once, everybody else with a link. */
export function InviteDialog({ view, onClose }: { view: ConversationView; onClose: () => void }) {
  const [tab, setTab] = useState<'people' | 'link'>('people');
  return (
    <Dialog title={t('groups.inviteTo', { title: view.title.value })} onClose={onClose}>
      <Tabs label={t('groups.invite')} value={tab} onChange={setTab} tabs={[{ value: 'people', label: t('groups.contactsTab') }, { value: 'link', label: t('groups.linkTab') }]}>
        <div class={css.panel}>{tab === 'people' ? <AddPeople view={view} onDone={onClose} /> : <MakeLink view={view} />}</div>
      </Tabs>
    </Dialog>
  );
}

function AddPeople({ view, onDone }: { view: ConversationView; onDone: () => void }) {
  const [chosen, setChosen] = useState<UserId[]>([]);
  const { busy, problem, run } = useDoing();
  const { problem: unloaded } = useLoad(() => actions.loadMembers(view.id), [view.id]);
  const add = async () => {
    if (chosen.length === 0 || !(await run(() => actions.addMembers(view.id, chosen)))) return;
    toast(t('groups.added', { count: chosen.length }));
    onDone();
  };
  return (
    <div class={css.form}>
      <ContactPicker without={(view.members.value ?? []).map((member) => member.user)} chosen={chosen} onChange={setChosen} />
      {(problem ?? unloaded) && <p class={css.error} role="alert">{problem ?? unloaded}</p>}
      <Button wide kind="primary" icon="add" busy={busy} disabled={chosen.length === 0} onClick={() => void add()}>{chosen.length === 0 ? t('common.add') : t('groups.addChosen', { count: chosen.length })}</Button>
    </div>
  );
}

const ENDS = { day: DAY, week: 7 * DAY, month: 30 * DAY, never: null } as const;
const USES = { one: 1, ten: 10, hundred: 100, any: null } as const;

/** A new link: how long it is good and for how many; then the address to copy and the code to scan. */
export function MakeLink({ view, onMade }: { view: ConversationView; onMade?: () => void }) {
  const [end, setEnd] = useState<keyof typeof ENDS>('week');
  const [uses, setUses] = useState<keyof typeof USES>('any');
  const [code, setCode] = useState<InviteCode | null>(null);
  const { busy, problem, run } = useDoing();
  const make = () =>
    void run(async () => {
      const ms = ENDS[end];
      setCode(await actions.createInvite(view.id, { expires: ms === null ? null : Date.now() + ms, uses_max: USES[uses] }));
      onMade?.();
    });
  if (code !== null) return <Link code={code} />;
  return (
    <form class={css.form} onSubmit={(event) => { event.preventDefault(); make(); }}>
      <p class={css.muted}>{t('groups.linkText')}</p>
      <div class={css.options}>
        <Select
          label={t('groups.linkEnds')}
          value={end}
          onChange={setEnd}
          options={[
            { value: 'day', label: t('groups.afterDay') },
            { value: 'week', label: t('groups.afterWeek') },
            { value: 'month', label: t('groups.afterMonth') },
            { value: 'never', label: t('common.never') },
          ]}
        />
        <Select
          label={t('groups.linkUses')}
          value={uses}
          onChange={setUses}
          options={[
            { value: 'one', label: t('groups.forPeople', { count: 1 }) },
            { value: 'ten', label: t('groups.forPeople', { count: 10 }) },
            { value: 'hundred', label: t('groups.forPeople', { count: 100 }) },
            { value: 'any', label: t('groups.forAny') },
          ]}
        />
      </div>
      {problem && <p class={css.error} role="alert">{problem}</p>}
      <Button type="submit" wide kind="primary" icon="link" busy={busy}>{t('groups.makeLink')}</Button>
    </form>
  );
}

/** An invite link to copy, and to scan. */
export function Link({ code }: { code: InviteCode }) {
  const address = addressOf(code);
  return <Shown main label={t('groups.inviteLink')} text={address}><Qr text={address} /></Shown>;
}
