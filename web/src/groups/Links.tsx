import { useState } from 'preact/hooks';
import { actions, store, type ConversationView, type Invite } from '../core';
import { dateTime, t } from '../i18n';
import { Button, Card, ConfirmDialog, Dialog, ErrorState, Row, SkeletonRows } from '../ui';
import { inWords } from '../contacts/problems';
import { useLoad } from '../contacts/useLoad';
import css from './Groups.module.css';
import { Link, MakeLink } from './Invite';

/** The invite links that one may see: how much of each is left, and a way to end it. */
export function Links({ view }: { view: ConversationView }) {
  const [links, setLinks] = useState<Invite[] | null>(null);
  const [dialog, setDialog] = useState<'new' | Invite | null>(null);
  const [ending, setEnding] = useState<Invite | null>(null);
  const { problem, retry } = useLoad(() => actions.invites(view.id).then(setLinks), [view.id]);
  return (
    <Card title={t('groups.links')} note={t('groups.linksNote')}>
      {links ? (
        links.map((link) => (
          <Row key={link.code} wrap label={<code>{link.code}</code>} hint={<Left link={link} />}>
            <Button size="small" icon="qr" onClick={() => setDialog(link)}>{t('groups.show')}</Button>
            <Button size="small" kind="danger" onClick={() => setEnding(link)}>{t('groups.revoke')}</Button>
          </Row>
        ))
      ) : problem ? (
        <ErrorState error={problem} onRetry={retry} />
      ) : (
        <SkeletonRows count={1} />
      )}
      <Row label={links?.length === 0 ? t('groups.noLinks') : t('groups.oneMore')}>
        <Button size="small" icon="add" onClick={() => setDialog('new')}>{t('groups.newLink')}</Button>
      </Row>
      {dialog !== null && (
        <Dialog title={t('groups.inviteLink')} width={380} onClose={() => setDialog(null)}>
          {dialog === 'new' ? <MakeLink view={view} onMade={retry} /> : <Link code={dialog.code} />}
        </Dialog>
      )}
      {ending && (
        <ConfirmDialog
          title={t('groups.revokeTitle')}
          text={t('groups.revokeText')}
          confirm={t('groups.revoke')}
          danger
          onConfirm={() => inWords(actions.revokeInvite(view.id, ending.code)).then(retry)}
          onClose={() => setEnding(null)}
        />
      )}
    </Card>
  );
}

function Left({ link }: { link: Invite }) {
  const by = link.by && store.person(link.by).value.name;
  const words = [
    link.uses_max === null ? t('groups.used', { count: link.uses }) : t('groups.usedOf', { count: link.uses, max: link.uses_max }),
    link.expires === null ? t('groups.neverEnds') : t(link.expires > Date.now() ? 'groups.endsAt' : 'groups.endedAt', { time: dateTime(link.expires) }),
    by && t('groups.madeBy', { name: by }),
  ];
  return <span class={css.muted}>{words.filter(Boolean).join(' · ')}</span>;
}
