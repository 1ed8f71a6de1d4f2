import { useState } from 'preact/hooks';
import { admin } from '../core';
import type { BotToken } from '../core/admin';
import { date, dateTime, problemWords, t } from '../i18n';
import { useLoad } from '../contacts/useLoad';
import { Button, ConfirmDialog, Dialog, Row, toast } from '../ui';
import { Shown } from '../ui/Shown';
import { useDoing } from '../settings/useDoing';
import form from '../settings/Form.module.css';
import css from './Admin.module.css';

/** The tokens with which a bot comes: made and replaced here, each shown once. */
export function Tokens({ bot, onChanged }: { bot: string; onChanged: () => Promise<void> }) {
  const [tokens, setTokens] = useState<readonly BotToken[]>([]);
  const [secret, setSecret] = useState<string | null>(null);
  const [asking, setAsking] = useState<{ what: 'revoke' | 'rotate'; token: BotToken } | null>(null);
  const { busy, problem, run } = useDoing();
  const look = async () => setTokens((await admin.tokens(bot)).tokens);
  const loaded = useLoad(look, [bot]);
  const shown = async (made: Promise<{ secret: string }>) => {
    setSecret((await made).secret);
    await look();
    await onChanged();
  };
  const wrong = problem === null ? loaded.problem : problemWords(problem);
  return (
    <>
      <Row wrap label={t('admin.botTokens')} hint={t('admin.tokensHint')}>
        <Button size="small" icon="key" busy={busy} onClick={() => void run(() => shown(admin.createToken(bot)))}>{t('admin.newToken')}</Button>
      </Row>
      {wrong !== null && <p class={form.error} role="alert">{wrong}</p>}
      {tokens.map((token) => (
        <Row key={token.token} wrap label={`${token.name} · ${token.token}`} hint={`${t('admin.madeAt', { time: date(token.created) })} · ${t('admin.lastUsed', { time: dateTime(token.used) })}`}>
          <Button size="small" icon="retry" onClick={() => setAsking({ what: 'rotate', token })}>{t('admin.rotate')}</Button>
          <Button size="small" kind="danger" onClick={() => setAsking({ what: 'revoke', token })}>{t('admin.revoke')}</Button>
        </Row>
      ))}
      {asking?.what === 'revoke' && (
        <ConfirmDialog
          danger title={t('admin.revokeKeyTitle', { name: asking.token.name })} text={t('admin.revokeTokenText')} confirm={t('admin.revoke')} onClose={() => setAsking(null)}
          onConfirm={async () => { await admin.revokeToken(bot, asking.token.token); toast(t('admin.tokenRevoked')); await look(); await onChanged(); }}
        />
      )}
      {asking?.what === 'rotate' && (
        <ConfirmDialog
          danger title={t('admin.rotateTitle', { name: asking.token.name })} text={t('admin.rotateTokenText')} confirm={t('admin.rotate')} onClose={() => setAsking(null)}
          onConfirm={() => shown(admin.rotateToken(bot, asking.token.token))}
        />
      )}
      {secret !== null && <TokenDialog secret={secret} onClose={() => setSecret(null)} />}
    </>
  );
}

/** A token, which is shown this once. */
export function TokenDialog({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Dialog title={t('admin.tokenMade')} width={480} onClose={onClose} actions={<Button onClick={onClose}>{t('common.done')}</Button>}>
      <Shown main label={t('admin.token')} text={secret} note={<p class={css.muted}>{t('admin.secretOnce')}</p>} />
    </Dialog>
  );
}
