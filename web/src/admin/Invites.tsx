import { useState } from 'preact/hooks';
import { admin, type Invite } from '../core';
import { dateTime, t } from '../i18n';
import { Button, Card, ConfirmDialog, Dialog, ErrorState, Row, Select, SkeletonRows } from '../ui';
import { Form } from '../settings/Form';
import { useAsked, useDoing } from '../settings/useDoing';
import { CopyLink } from './CopyLink';

type Link = Invite & { url: string };
const DAY_MS = 86_400_000;

/** Links with which people make accounts: how much of each is left, and a way to end it. */
export function InvitesPage() {
  const { value, problem, again } = useAsked(() => admin.invites());
  const [shown, setShown] = useState<Link | 'new' | null>(null);
  const [ending, setEnding] = useState<Link | null>(null);
  if (!value) return problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows count={3} />;
  const invites = [...value.invites].sort((a, b) => b.created - a.created);
  return (
    <>
      <Card note={t('admin.invitesNote')}>
        <Row label={t(invites.length === 0 ? 'admin.noInvites' : 'admin.anotherInvite')}>
          <Button kind="primary" size="small" icon="add" onClick={() => setShown('new')}>{t('admin.newInvite')}</Button>
        </Row>
        {invites.map((invite) => (
          <Row key={invite.code} wrap label={<code>{invite.code}</code>} hint={left(invite)}>
            <Button size="small" icon="qr" onClick={() => setShown(invite)}>{t('admin.show')}</Button>
            <Button size="small" kind="danger" onClick={() => setEnding(invite)}>{t('admin.revoke')}</Button>
          </Row>
        ))}
      </Card>
      {shown !== null && (
        <Dialog title={t('admin.inviteLink')} width={400} onClose={() => setShown(null)}>
          {shown === 'new' ? <NewInvite onMade={(made) => { setShown(made); again(); }} /> : <CopyLink url={shown.url} note={left(shown)} />}
        </Dialog>
      )}
      {ending && (
        <ConfirmDialog
          title={t('admin.revokeTitle')}
          text={t('admin.revokeText')}
          confirm={t('admin.revoke')}
          danger
          onConfirm={() => admin.revokeInvite(ending.code).then(again)}
          onClose={() => setEnding(null)}
        />
      )}
    </>
  );
}

/** What of an invite was used, and until when it can be. */
function left({ uses, uses_max, expires, by }: Invite): string {
  const used = uses_max === null ? t('admin.used', { count: uses }) : t('admin.usedOf', { count: uses, max: uses_max });
  const ends = expires === null ? t('admin.neverEnds') : t(expires > Date.now() ? 'admin.endsAt' : 'admin.endedAt', { time: dateTime(expires) });
  return [used, ends, by && t('admin.madeBy', { user: by })].filter(Boolean).join(' · ');
}

function NewInvite({ onMade }: { onMade: (made: Link) => void }) {
  const [days, setDays] = useState<'1' | '7' | '30' | 'never'>('7');
  const [uses, setUses] = useState<'1' | '5' | '25' | 'any'>('1');
  const { busy, problem, run } = useDoing();
  const make = () =>
    void run(async () => {
      const expires = days === 'never' ? null : Date.now() + Number(days) * DAY_MS;
      onMade(await admin.createInvite({ expires, uses_max: uses === 'any' ? null : Number(uses) }));
    });
  return (
    <Form submit={t('admin.makeLink')} busy={busy} disabled={false} problem={problem} onSubmit={make}>
      <Select
        label={t('admin.valid')}
        value={days}
        onChange={setDays}
        options={[
          { value: '1', label: t('admin.days', { count: 1 }) },
          { value: '7', label: t('admin.days', { count: 7 }) },
          { value: '30', label: t('admin.days', { count: 30 }) },
          { value: 'never', label: t('admin.untilRevoked') },
        ]}
      />
      <Select
        label={t('admin.makes')}
        value={uses}
        onChange={setUses}
        options={[
          { value: '1', label: t('admin.accounts', { count: 1 }) },
          { value: '5', label: t('admin.accounts', { count: 5 }) },
          { value: '25', label: t('admin.accounts', { count: 25 }) },
          { value: 'any', label: t('admin.anyNumber') },
        ]}
      />
    </Form>
  );
}
