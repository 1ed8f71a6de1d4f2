import { useState } from 'preact/hooks';
import { admin } from '../core';
import type { DeadLetter, Delivery, Webhook } from '../core/admin';
import { dateTime, problemWords, t } from '../i18n';
import { Button, Card, ConfirmDialog, Dialog, ErrorState, Row, SkeletonRows, Tabs, Time, toast } from '../ui';
import { useAsked, useDoing } from '../settings/useDoing';
import form from '../settings/Form.module.css';
import css from './Admin.module.css';
import { States, titleOf, WebhookEditor } from './WebhookEditor';

interface WebhookDialogProps {
  app: string;
  webhook: Webhook;
  onSecret: (secret: string) => void;
  onChanged: () => void;
  onClose: () => void;
}

type Part = 'deliveries' | 'dead' | 'settings';

/** One webhook: what was posted last, what was given up, and how it is. */
export function WebhookDialog({ app, webhook, onSecret, onChanged, onClose }: WebhookDialogProps) {
  const [part, setPart] = useState<Part>('deliveries');
  const id = webhook.webhook;
  return (
    <Dialog title={titleOf(webhook)} width={640} onClose={onClose}>
      <div class={css.bar}>
        <span class={css.muted}>{webhook.url} · {webhook.delivered === null ? t('admin.neverDelivered') : t('admin.lastDelivered', { time: dateTime(webhook.delivered) })}</span>
        <States webhook={webhook} />
      </div>
      <Tabs label={titleOf(webhook)} value={part} onChange={setPart} tabs={[{ value: 'deliveries', label: t('admin.deliveries') }, { value: 'dead', label: t('admin.deadLetters'), count: webhook.dead }, { value: 'settings', label: t('common.settings') }]}>
        <div class={css.parts}>
          {part === 'deliveries' && <Deliveries app={app} webhook={id} />}
          {part === 'dead' && <DeadLetters app={app} webhook={id} onChanged={onChanged} />}
          {part === 'settings' && <Settings app={app} webhook={webhook} onSecret={onSecret} onChanged={onChanged} onClose={onClose} />}
        </div>
      </Tabs>
    </Dialog>
  );
}

function Deliveries({ app, webhook }: { app: string; webhook: number }) {
  const { value, problem, again } = useAsked(() => admin.deliveries(app, webhook), [webhook]);
  const testing = useDoing();
  const test = () => void testing.run(async () => { await admin.testWebhook(app, webhook); again(); });
  return (
    <>
      <div class={form.buttons}>
        <Button size="small" icon="check" busy={testing.busy} onClick={test}>{t('admin.sendTest')}</Button>
        <Button size="small" icon="retry" onClick={again}>{t('extras.lookAgain')}</Button>
      </div>
      {testing.problem !== null && <p class={form.error} role="alert">{problemWords(testing.problem)}</p>}
      {!value ? (problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows count={3} />)
        : value.length === 0 ? <p class={css.muted}>{t('admin.noDeliveries')}</p>
          : <Card>{value.map((delivery, index) => <Posted key={`${delivery.at} ${index}`} delivery={delivery} />)}</Card>}
    </>
  );
}

function Posted({ delivery: { at, event, type, attempt, taken, status, ms, words } }: { delivery: Delivery }) {
  const line = [event, attempt > 1 && t('admin.attempt', { count: attempt }), t('admin.ms', { value: ms })].filter(Boolean).join(' · ');
  return <Row label={<><code>{type}</code> <span class={css.muted}><Time at={at} kind="full" /></span></>} hint={line} error={!taken && words}><span class={css.muted}>{status ?? ''}</span></Row>;
}

interface Letters {
  dead: readonly DeadLetter[];
  next: string | null;
}

/** Events that were given up; one or all of them are posted once more. */
function DeadLetters({ app, webhook, onChanged }: { app: string; webhook: number; onChanged: () => void }) {
  const page = async (after: string | null): Promise<Letters> => {
    const { dead, next } = await admin.deadLetters(app, webhook, after);
    return { dead, next: next ?? null };
  };
  const { value, problem, again, set } = useAsked(() => page(null), [webhook]);
  const doing = useDoing();
  const replay = (event: string | null) => void doing.run(async () => {
    const { replayed } = await admin.replay(app, webhook, event);
    toast(t('admin.replayed', { count: replayed }));
    again();
    onChanged();
  });
  const more = () => void doing.run(async () => {
    if (!value) return;
    const next = await page(value.next);
    set({ dead: [...value.dead, ...next.dead], next: next.next });
  });
  if (!value) return problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows count={3} />;
  if (value.dead.length === 0) return <p class={css.muted}>{t('admin.noDead')}</p>;
  return (
    <>
      <div class={form.buttons}><Button size="small" icon="retry" busy={doing.busy} onClick={() => replay(null)}>{t('admin.replayAll')}</Button></div>
      {doing.problem !== null && <p class={form.error} role="alert">{problemWords(doing.problem)}</p>}
      <Card>
        {value.dead.map(({ id, tries, at, why }) => (
          <Row key={id} wrap label={<><code>{id}</code> <span class={css.muted}><Time at={at} kind="full" /></span></>} hint={t('admin.attempts', { count: tries })} error={why}>
            <Button size="small" disabled={doing.busy} onClick={() => replay(id)}>{t('admin.replay')}</Button>
          </Row>
        ))}
      </Card>
      {value.next !== null && <span class={css.center}><Button busy={doing.busy} onClick={more}>{t('common.loadMore')}</Button></span>}
    </>
  );
}

function Settings({ app, webhook, onSecret, onChanged, onClose }: WebhookDialogProps) {
  const [asking, setAsking] = useState<'edit' | 'rotate' | 'delete' | null>(null);
  const id = webhook.webhook;
  const { types, old_secret_until } = webhook;
  return (
    <Card>
      <Row wrap label={t('admin.eventTypes')} hint={types.length === 0 ? t('admin.allEvents') : types.join(', ')}><Button size="small" onClick={() => setAsking('edit')}>{t('common.edit')}</Button></Row>
      <Row wrap label={t('admin.hookSecret')} hint={old_secret_until ? t('admin.oldSecret', { time: dateTime(old_secret_until) }) : t('admin.hookSecretHint')}>
        <Button size="small" icon="retry" onClick={() => setAsking('rotate')}>{t('admin.newSecret')}</Button>
      </Row>
      <Row wrap label={t('admin.deleteWebhook')}><Button size="small" kind="danger" icon="trash" onClick={() => setAsking('delete')}>{t('common.delete')}</Button></Row>
      {asking === 'edit' && <WebhookEditor before={webhook} onSave={async (settings) => { await admin.setWebhook(app, id, settings); toast(t('admin.saved')); onChanged(); }} onClose={() => setAsking(null)} />}
      {asking === 'rotate' && <ConfirmDialog title={t('admin.newSecret')} text={t('admin.newSecretText')} confirm={t('admin.newSecret')} onConfirm={async () => { onSecret((await admin.rotateWebhook(app, id)).secret); onChanged(); }} onClose={() => setAsking(null)} />}
      {asking === 'delete' && <ConfirmDialog danger title={t('admin.deleteTitle', { user: titleOf(webhook) })} text={t('admin.deleteWebhookText')} confirm={t('common.delete')} onConfirm={async () => { await admin.deleteWebhook(app, id); onChanged(); onClose(); }} onClose={() => setAsking(null)} />}
    </Card>
  );
}
