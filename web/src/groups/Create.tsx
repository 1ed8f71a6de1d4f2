import { useState } from 'preact/hooks';
import { actions, type GroupKind, type UserId } from '../core';
import { t } from '../i18n';
import { go, paths } from '../router';
import { Button, Dialog, Field, Segmented } from '../ui';
import { useDoing } from '../contacts/useLoad';
import css from './Groups.module.css';
import { ContactPicker } from './PeoplePicker';

export const TITLE_MAX = 64;

/** A new group: its name, who finds it, and who is in it from the start. */
export function CreateGroup({ members = [], onClose }: { members?: readonly UserId[]; onClose: () => void }) {
  const [title, setTitle] = useState('');
  const [kind, setKind] = useState<GroupKind>('private');
  const [chosen, setChosen] = useState<UserId[]>([...members]);
  const [missing, setMissing] = useState(false);
  const { busy, problem, run } = useDoing();
  const create = async () => {
    setMissing(title.trim() === '');
    if (title.trim() === '') return;
    await run(async () => {
      const group = await actions.createGroup(title.trim(), chosen, { kind });
      onClose();
      go(paths.chat(group));
    });
  };
  return (
    <Dialog
      title={t('groups.create')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" busy={busy} onClick={() => void create()}>{t('groups.createNow')}</Button>
        </>
      }
    >
      <form class={css.form} onSubmit={(event) => { event.preventDefault(); void create(); }}>
        <Field label={t('groups.name')} maxLength={TITLE_MAX} value={title} onInput={setTitle} error={missing && title.trim() === '' && t('common.required')} data-autofocus />
        <div>
          <Segmented label={t('groups.kind')} value={kind} onChange={setKind} options={[{ value: 'private', label: t('groups.private') }, { value: 'public', label: t('groups.public') }]} />
          <p class={css.muted}>{t(kind === 'private' ? 'groups.privateHint' : 'groups.publicHint')}</p>
        </div>
        <div>
          <h3 class={css.label}>{t('groups.membersChosen', { count: chosen.length })}</h3>
          <ContactPicker chosen={chosen} onChange={setChosen} />
        </div>
        {problem && <p class={css.error} role="alert">{problem}</p>}
      </form>
    </Dialog>
  );
}
