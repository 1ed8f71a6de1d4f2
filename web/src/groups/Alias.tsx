import { useState } from 'preact/hooks';
import { actions, store, type ConversationView, type Member } from '../core';
import { t } from '../i18n';
import { Button, Dialog, Field } from '../ui';
import { useDoing } from '../contacts/useLoad';
import css from './Groups.module.css';

const ALIAS_MAX = 64;

/** What a member is called in this group. */
export function AliasDialog({ view, member, onClose }: { view: ConversationView; member: Member; onClose: () => void }) {
  const [alias, setAlias] = useState(member.alias ?? '');
  const { busy, problem, run } = useDoing();
  const save = async () => {
    if (await run(() => actions.setAlias(view.id, member.user, alias.trim() || null))) onClose();
  };
  return (
    <Dialog
      title={t('groups.alias')}
      onClose={onClose}
      width={380}
      actions={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" busy={busy} onClick={() => void save()}>{t('common.save')}</Button>
        </>
      }
    >
      <form class={css.form} onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <Field label={t('groups.aliasOf', { name: store.person(member.user).value.name })} hint={t('groups.aliasHint')} maxLength={ALIAS_MAX} value={alias} onInput={setAlias} error={problem} data-autofocus />
      </form>
    </Dialog>
  );
}
