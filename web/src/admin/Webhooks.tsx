import { useState } from 'preact/hooks';
import { admin } from '../core';
import { t } from '../i18n';
import { Button, Card, ErrorState, Icon, ListRow, Row, SkeletonRows } from '../ui';
import { useAsked } from '../settings/useDoing';
import { SecretDialog } from './SecretDialog';
import { WebhookDialog } from './Webhook';
import { States, titleOf, WebhookEditor } from './WebhookEditor';

/** Where an app is told what happens in it. */
export function Webhooks({ app }: { app: string }) {
  const { value, problem, again } = useAsked(() => admin.webhooks(app), [app]);
  const [open, setOpen] = useState<number | 'new' | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const shown = value?.find(({ webhook }) => webhook === open);
  return (
    <Card title={t('admin.webhooks')} note={t('admin.webhooksNote')}>
      {!value ? (problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows count={1} />) : (
        <>
          <Row label={t(value.length === 0 ? 'admin.noWebhooks' : 'admin.anotherWebhook')}><Button kind="primary" size="small" icon="add" onClick={() => setOpen('new')}>{t('admin.newWebhook')}</Button></Row>
          {value.map((webhook) => <ListRow key={webhook.webhook} leading={<Icon name="megaphone" />} title={titleOf(webhook)} subtitle={webhook.name ? webhook.url : null} trailing={<States webhook={webhook} />} onClick={() => setOpen(webhook.webhook)} />)}
        </>
      )}
      {open === 'new' && <WebhookEditor before={null} onSave={async (settings) => { setSecret((await admin.createWebhook(app, settings)).secret); again(); }} onClose={() => setOpen(null)} />}
      {shown && <WebhookDialog app={app} webhook={shown} onSecret={setSecret} onChanged={again} onClose={() => setOpen(null)} />}
      {secret !== null && <SecretDialog title={t('admin.webhookSecret')} secret={secret} note={t('admin.hookSecretHint')} onClose={() => setSecret(null)} />}
    </Card>
  );
}
