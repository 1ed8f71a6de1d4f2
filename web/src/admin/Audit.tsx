import { admin } from '../core';
import type { AuditLine } from '../core/admin';
import { t, type PlainKey } from '../i18n';
import { Button, Card, Empty, ErrorState, Row, SkeletonRows, Time, toastError } from '../ui';
import { useAsked, useDoing } from '../settings/useDoing';
import css from './Admin.module.css';

interface Lines {
  lines: readonly AuditLine[];
  next: number | null;
}

async function page(before: number | null): Promise<Lines> {
  const { lines, next } = await admin.audit({ before });
  return { lines, next: next ?? null };
}

const ACTIONS: Readonly<Record<string, PlainKey>> = {
  'administrator.create': 'admin.didCreateAdministrator', 'administrator.grant': 'admin.didGrant', 'administrator.revoke': 'admin.didRevoke',
  'app.create': 'admin.didCreateApp', 'app.set': 'admin.didSetApp', 'invite.create': 'admin.didCreateInvite', 'invite.revoke': 'admin.didRevokeInvite',
  'login.throttled': 'admin.didThrottle', 'password_link.create': 'admin.didCreateLink', 'password_link.use': 'admin.didUseLink',
  'retention.set': 'admin.didSetRetention', 'setup_link.create': 'admin.didCreateSetUp', 'setup_link.use': 'admin.didUseSetUp',
  'user.create': 'admin.didCreateUser', 'user.delete': 'admin.didDeleteUser', 'user.disable_contacts': 'admin.didDisableContacts',
  'user.enable_contacts': 'admin.didEnableContacts', 'user.end_sessions': 'admin.didEndSessions', 'user.password': 'admin.didSetPassword',
  'user.silence': 'admin.didSilence', 'user.suspend': 'admin.didSuspend', 'user.unsilence': 'admin.didUnsilence', 'user.unsuspend': 'admin.didUnsuspend',
  'assistant.set': 'admin.didSetAssistant',
  'assistant.remove': 'admin.didRemoveAssistant',
  'app.access': 'admin.didSetAccess',
  'app.suspend': 'admin.didSuspendApp',
  'app.unsuspend': 'admin.didUnsuspendApp',
  'app.delete': 'admin.didDeleteApp',
  'app_key.create': 'admin.didCreateKey',
  'app_key.revoke': 'admin.didRevokeKey',
  'app.revoke_tokens': 'admin.didRevokeTokens',
  'user.revoke_tokens': 'admin.didRevokeUserTokens',
  'hook.create': 'admin.didCreateHook',
  'hook.rotate': 'admin.didRotateHook',
  'hook.delete': 'admin.didDeleteHook',
  'mcp_token.create': 'admin.didCreateMcpToken',
  'mcp_token.revoke': 'admin.didRevokeMcpToken',
  'mcp.list_conversations': 'admin.didMcpList',
  'mcp.read_messages': 'admin.didMcpRead',
  'mcp.search_messages': 'admin.didMcpSearch',
  'mcp.send_message': 'admin.didMcpSend',
  'app.origins': 'admin.didSetOrigins',
  'before_hook.create': 'admin.didCreateBefore', 'before_hook.set': 'admin.didSetBefore', 'before_hook.rotate': 'admin.didRotateBefore', 'before_hook.remove': 'admin.didRemoveBefore',
  'webhook.create': 'admin.didCreateWebhook', 'webhook.set': 'admin.didSetWebhook', 'webhook.rotate': 'admin.didRotateWebhook', 'webhook.delete': 'admin.didDeleteWebhook',
  'webhook.replay': 'admin.didReplayWebhook', 'webhook.stop': 'admin.didStopWebhook',
  'token.create': 'admin.didCreateToken', 'token.revoke': 'admin.didRevokeToken', 'token.rotate': 'admin.didRotateToken',
};

/** An action in words; one that this page does not know by the name it has in the log. */
function actionWords(action: string) {
  const words = ACTIONS[action];
  return words ? <span title={action}>{t(words)}</span> : <code>{action}</code>;
}

/** Who did what to whom, newest first. */
export function AuditPage() {
  const { value, problem, again, set } = useAsked(() => page(null));
  const { busy, run } = useDoing();
  if (!value) return problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows />;
  if (value.lines.length === 0) return <Empty icon="list" title={t('admin.noAudit')} text={t('admin.noAuditText')} />;
  const older = () =>
    void run(() =>
      page(value.next).then((more) => set({ lines: [...value.lines, ...more.lines], next: more.next }), toastError),
    );
  return (
    <>
      <Card note={t('admin.auditNote')}>
        {value.lines.map((line) => (
          <Row key={`${line.lsn} ${line.action} ${line.subject}`} label={actionWords(line.action)} hint={`${line.actor} → ${line.subject}`}>
            <span class={css.muted}><Time at={line.at} kind="full" /></span>
          </Row>
        ))}
      </Card>
      {value.next !== null && <span class={css.center}><Button busy={busy} onClick={older}>{t('common.loadMore')}</Button></span>}
    </>
  );
}
