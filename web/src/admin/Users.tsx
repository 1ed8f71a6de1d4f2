import { useState } from 'preact/hooks';
import { admin } from '../core';
import type { AccountInfo } from '../core/admin';
import { t } from '../i18n';
import { Avatar, Button, Card, Dialog, Empty, ErrorState, Field, ListRow, Pill, SkeletonRows, toastError } from '../ui';
import css from './Admin.module.css';
import { CopyLink } from './CopyLink';
import { NewUser } from './NewUser';
import { UserDialog } from './User';
import { useUsers } from './useUsers';

export function UsersPage() {
  const [text, setText] = useState('');
  const [open, setOpen] = useState<AccountInfo | 'new' | null>(null);
  const [link, setLink] = useState<string | null>(null);
  const { users, more, busy, problem, loadMore, again, put } = useUsers(text);
  const made = (account: { link: string } | { bot: string }) => {
    setOpen(null);
    if ('link' in account) setLink(account.link);
    else admin.user(account.bot).then(setOpen, toastError);
    again();
  };
  return (
    <>
      <div class={css.bar}>
        <div class={css.search}><Field label={t('admin.findUser')} hideLabel icon="search" type="search" placeholder={t('admin.findUser')} value={text} onInput={setText} /></div>
        <Button kind="primary" icon="add" onClick={() => setOpen('new')}>{t('admin.newUser')}</Button>
      </div>
      {problem !== null ? (
        <ErrorState error={problem} onRetry={again} />
      ) : !users ? (
        <SkeletonRows />
      ) : users.length === 0 ? (
        <Empty icon="contacts" title={t('common.noResults')} text={t('admin.findHint')} />
      ) : (
        <Card>
          {users.map((user) => <User key={user.id} user={user} onOpen={() => setOpen(user)} />)}
        </Card>
      )}
      {more && <span class={css.center}><Button busy={busy} onClick={loadMore}>{t('common.loadMore')}</Button></span>}
      {open === 'new' && <NewUser onClose={() => setOpen(null)} onMade={made} />}
      {open !== null && open !== 'new' && (
        <UserDialog account={open} onClose={() => setOpen(null)} onChanged={(user) => { put(user); setOpen(user); }} onDeleted={() => { setOpen(null); again(); }} />
      )}
      {link !== null && (
        <Dialog title={t('admin.passwordLink')} width={400} onClose={() => setLink(null)}>
          <CopyLink url={link} note={t('admin.linkOnce')} />
        </Dialog>
      )}
    </>
  );
}

function User({ user, onOpen }: { user: AccountInfo; onOpen: () => void }) {
  return (
    <ListRow
      onClick={onOpen}
      leading={<Avatar id={user.id} name={user.name} size={40} shape={user.kind === 'person' ? 'round' : 'square'} />}
      title={user.name}
      subtitle={`@${user.id} · ${t('admin.sessions', { count: user.sessions })}`}
      trailing={
        <span class={css.pills}>
          {user.kind !== 'person' && <Pill>{user.kind}</Pill>}
          {user.administrator && <Pill tone="accent">{t('admin.administrator')}</Pill>}
          {user.flags.suspended && <Pill tone="danger">{t('admin.suspended')}</Pill>}
          {user.flags.silenced && <Pill tone="warn">{t('admin.silenced')}</Pill>}
          {user.deleted && <Pill tone="danger">{t('admin.deleted')}</Pill>}
        </span>
      }
    />
  );
}
