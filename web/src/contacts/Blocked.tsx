import { actions, store } from '../core';
import { t } from '../i18n';
import { paths } from '../router';
import { Button, Dialog, Empty, ErrorState, ListRow, SkeletonRows } from '../ui';
import { Face } from './Face';
import css from './Contacts.module.css';
import { useDoing, useLoad } from './useLoad';

/** Whom one has blocked, and the way to end that. */
export function BlockedDialog({ onClose }: { onClose: () => void }) {
  const { problem, retry } = useLoad(() => actions.loadBlocked());
  const blocked = store.blocked.value;
  return (
    <Dialog title={t('contacts.blockedPeople')} onClose={onClose}>
      <p class={css.muted}>{t('contacts.blockedText')}</p>
      {problem ? (
        <ErrorState error={problem} onRetry={retry} />
      ) : !blocked ? (
        <SkeletonRows count={3} />
      ) : blocked.length === 0 ? (
        <Empty icon="block" title={t('contacts.noBlocked')} />
      ) : (
        <ul>{blocked.map(({ user }) => <Blocked key={user} user={user} />)}</ul>
      )}
    </Dialog>
  );
}

function Blocked({ user }: { user: string }) {
  const person = store.person(user).value;
  const { busy, problem, run } = useDoing();
  return (
    <li class={css.person}>
      <ListRow href={paths.user(user)} leading={<Face user={user} presence={false} />} title={person.name} subtitle={problem ?? `@${user}`} />
      <Button size="small" busy={busy} onClick={() => void run(() => actions.block(user, false))}>{t('contacts.unblock')}</Button>
    </li>
  );
}
