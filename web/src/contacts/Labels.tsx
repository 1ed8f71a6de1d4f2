import { useState } from 'preact/hooks';
import { actions, store, type Contact, type Label, type LabelId } from '../core';
import { t } from '../i18n';
import { Button, ConfirmDialog, Dialog, Field, IconButton, Loading } from '../ui';
import css from './Contacts.module.css';
import { inWords } from './problems';
import { useDoing } from './useLoad';

const NAME_MAX = 64;

/** All labels: make, rename and delete them. */
export function LabelsDialog({ onClose }: { onClose: () => void }) {
  const [deleting, setDeleting] = useState<Label | null>(null);
  const labels = store.labels.value;
  const contacts = store.contacts.value ?? [];
  return (
    <Dialog title={t('contacts.manageLabels')} onClose={onClose}>
      <p class={css.muted}>{t('contacts.labelsText')}</p>
      <NewLabel />
      {!labels ? (
        <Loading />
      ) : (
        <ul>
          {labels.map((label) => (
            <LabelRow key={label.label} label={label} count={contacts.filter((contact) => contact.labels.includes(label.label)).length} onDelete={() => setDeleting(label)} />
          ))}
        </ul>
      )}
      {deleting && (
        <ConfirmDialog
          title={t('contacts.deleteLabel', { name: deleting.name })}
          text={t('contacts.deleteLabelText')}
          confirm={t('common.delete')}
          danger
          onConfirm={() => inWords(actions.deleteLabel(deleting.label))}
          onClose={() => setDeleting(null)}
        />
      )}
    </Dialog>
  );
}

function LabelRow({ label, count, onDelete }: { label: Label; count: number; onDelete: () => void }) {
  const [name, setName] = useState<string | null>(null);
  const { busy, problem, run } = useDoing();
  const save = async () => {
    const next = name?.trim() ?? '';
    if (next === '' || next === label.name || (await run(() => actions.renameLabel(label.label, next)))) setName(null);
  };
  if (name === null) {
    return (
      <li class={css.line}>
        <span class={css.grow}>{label.name} <span class={css.muted}>{t('contacts.people', { count })}</span></span>
        <IconButton icon="edit" label={t('contacts.renameLabel', { name: label.name })} onClick={() => setName(label.name)} />
        <IconButton icon="trash" label={t('contacts.deleteLabel', { name: label.name })} onClick={onDelete} />
      </li>
    );
  }
  return (
    <li>
      <form class={css.line} onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <span class={css.grow}><Field label={t('contacts.labelName')} hideLabel size="small" maxLength={NAME_MAX} value={name} onInput={setName} error={problem} autofocus /></span>
        <Button type="submit" size="small" kind="primary" busy={busy}>{t('common.save')}</Button>
        <Button size="small" onClick={() => setName(null)}>{t('common.cancel')}</Button>
      </form>
    </li>
  );
}

function NewLabel({ onMade }: { onMade?: (label: LabelId) => void }) {
  const [name, setName] = useState('');
  const { busy, problem, run } = useDoing();
  const make = async () => {
    if (name.trim() === '') return;
    const made = await run(async () => {
      const label = await actions.createLabel(name.trim());
      onMade?.(label);
    });
    if (made) setName('');
  };
  return (
    <form class={css.line} onSubmit={(event) => { event.preventDefault(); void make(); }}>
      <span class={css.grow}><Field label={t('contacts.newLabel')} hideLabel placeholder={t('contacts.newLabel')} size="small" maxLength={NAME_MAX} value={name} onInput={setName} error={problem} /></span>
      <Button type="submit" size="small" icon="add" busy={busy} disabled={name.trim() === ''}>{t('common.add')}</Button>
    </form>
  );
}

/** The labels of one contact. */
export function LabelPicker({ contact, onClose }: { contact: Contact; onClose: () => void }) {
  const [chosen, setChosen] = useState<readonly LabelId[]>(contact.labels);
  const { busy, problem, run } = useDoing();
  const labels = store.labels.value ?? [];
  const toggle = (label: LabelId, on: boolean) => setChosen(on ? [...chosen, label] : chosen.filter((other) => other !== label));
  const save = async () => {
    if (await run(() => actions.setContact(contact.user, { remark: contact.remark, labels: [...chosen] }))) onClose();
  };
  return (
    <Dialog
      title={t('contacts.labels')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" busy={busy} onClick={() => void save()}>{t('common.save')}</Button>
        </>
      }
    >
      <NewLabel onMade={(label) => toggle(label, true)} />
      {labels.length === 0 && <p class={css.muted}>{t('contacts.noLabels')}</p>}
      {labels.map(({ label, name }) => (
        <label key={label} class={css.check}>
          <input type="checkbox" checked={chosen.includes(label)} onChange={(event) => toggle(label, event.currentTarget.checked)} />
          <span>{name}</span>
        </label>
      ))}
      {problem && <p class={css.error} role="alert">{problem}</p>}
    </Dialog>
  );
}
