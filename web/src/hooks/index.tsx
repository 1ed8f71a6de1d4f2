// Webhooks of a conversation, beside its thread: what other systems post here, for those who manage it.

import { useState } from 'preact/hooks';
import type { ConversationView } from '../core';
import { hooks, type Hook, type HookWithAddress } from '../core/hooks';
import { t } from '../i18n';
import { Button, ErrorState, Icon, ListRow, SkeletonRows } from '../ui';
import { useAsked } from '../settings/useDoing';
import css from '../groups/Groups.module.css';
import { AddressDialog, HookDialog } from './Hook';
import { NewHook } from './NewHook';

export function Hooks({ view: { id } }: { view: ConversationView }) {
  const { value, problem, again } = useAsked(() => hooks.list(id), [id]);
  const [open, setOpen] = useState<Hook | 'new' | null>(null);
  /** An address that was just made. */
  const [made, setMade] = useState<HookWithAddress | null>(null);
  const show = (hook: HookWithAddress) => {
    setOpen(null);
    setMade(hook);
    again();
  };
  return (
    <div class={css.part}>
      <h3>{t('extras.hooks')}</h3>
      {!value ? (problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows count={1} />) : (
        <>
          {value.length === 0 && <p class={css.muted}>{t('extras.noHooks')}</p>}
          {value.length > 0 && <ul>{value.map((hook) => <li key={hook.hook}><ListRow leading={<Icon name="link" />} title={hook.name} subtitle={`@${hook.user}`} trailing={<Icon name="next" size={16} />} onClick={() => setOpen(hook)} /></li>)}</ul>}
          <div class={css.buttons}><Button size="small" icon="add" onClick={() => setOpen('new')}>{t('extras.newHook')}</Button></div>
        </>
      )}
      {open === 'new' && <NewHook conversation={id} onMade={show} onClose={() => setOpen(null)} />}
      {open !== null && open !== 'new' && <HookDialog hook={open} onRotated={show} onGone={() => { setOpen(null); again(); }} onClose={() => setOpen(null)} />}
      {made && <AddressDialog hook={made} onClose={() => setMade(null)} />}
    </div>
  );
}
