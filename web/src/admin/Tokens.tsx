import { useState } from 'preact/hooks';
import { admin } from '../core';
import type { BotToken } from '../core/admin';
import { date, t } from '../i18n';
import { Button, ConfirmDialog, ErrorState, Row, SkeletonRows, toast, toastError } from '../ui';
import { useAsked, useDoing } from '../settings/useDoing';
import { SecretDialog } from './SecretDialog';

/** With what a bot comes, in place of a password: made (told once) and revoked. */
export function Tokens({ bot }: { bot: string }) {
  const { value, problem, again } = useAsked(() => admin.tokens(bot), [bot]);
  const [secret, setSecret] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<BotToken | null>(null);
  const { busy, run } = useDoing();
  const make = () => void run(() => admin.createToken(bot, null).then((made) => { setSecret(made); again(); }, toastError));
  if (!value) return problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows count={1} />;
  return (
    <>
      <Row wrap label={t('admin.botTokens')} hint={t('admin.botTokensHint')}><Button size="small" icon="add" busy={busy} onClick={make}>{t('admin.newToken')}</Button></Row>
      {value.map((token) => (
        <Row key={token.token} wrap label={token.name} hint={`${t('admin.madeAt', { time: date(token.created) })} · ${t('admin.lastUsed', { time: date(token.used) })}`}>
          <Button size="small" kind="danger" onClick={() => setRevoking(token)}>{t('admin.revoke')}</Button>
        </Row>
      ))}
      {secret !== null && <SecretDialog title={t('admin.newToken')} secret={secret} onClose={() => setSecret(null)} />}
      {revoking && <ConfirmDialog danger title={t('admin.revokeKeyTitle', { name: revoking.name })} text={t('admin.revokeTokenText')} confirm={t('admin.revoke')} onConfirm={async () => { await admin.revokeToken(bot, revoking.token); toast(t('admin.keyRevoked')); again(); }} onClose={() => setRevoking(null)} />}
    </>
  );
}
