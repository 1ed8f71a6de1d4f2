import { useState } from 'preact/hooks';
import { admin } from '../core';
import type { BeforeHook, BeforeHookInfo, HookAction, HookTest } from '../core/admin';
import { dateTime, list, t, type PlainKey } from '../i18n';
import { Button, Card, ConfirmDialog, Dialog, ErrorState, Field, Row, Select, SkeletonRows, Switch, toast } from '../ui';
import { Form } from '../settings/Form';
import { useAsked, useDoing } from '../settings/useDoing';
import form from '../settings/Form.module.css';
import css from './Admin.module.css';
import { SecretDialog } from './SecretDialog';

const ACTIONS: Readonly<Record<HookAction, PlainKey>> = { message_send: 'admin.beforeSend', contact_request: 'admin.beforeContact', member_add: 'admin.beforeMember' };
const RESULTS: Readonly<Record<HookTest['result'], PlainKey>> = { allowed: 'admin.testAllowed', refused: 'admin.testRefused', replaced: 'admin.testReplaced', failed: 'admin.testFailed' };

/** The other system that is asked before users of the app do something. */
export function BeforeHookCard({ app }: { app: string }) {
  const { value, problem, again } = useAsked(async () => ({ hook: await admin.beforeHook(app) }), [app]);
  const [asking, setAsking] = useState<'edit' | 'rotate' | 'remove' | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const hook = value?.hook ?? null;
  const kept = ({ secret: made }: { secret?: string }) => {
    setAsking(null);
    if (made) setSecret(made);
    else toast(t('admin.saved'));
    again();
  };
  return (
    <Card title={t('admin.beforeHook')} note={t('admin.beforeNote')}>
      {!value ? (problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows count={1} />) : !hook ? (
        <Row label={t('admin.noBefore')}><Button kind="primary" size="small" icon="add" onClick={() => setAsking('edit')}>{t('admin.setBefore')}</Button></Row>
      ) : (
        <>
          <Row wrap label={hook.url} hint={lineOf(hook)}><Button size="small" onClick={() => setAsking('edit')}>{t('common.edit')}</Button></Row>
          <Try app={app} />
          <Row wrap label={t('admin.hookSecret')} hint={hook.old_secret_until ? t('admin.oldSecret', { time: dateTime(hook.old_secret_until) }) : t('admin.hookSecretHint')}>
            <Button size="small" icon="retry" onClick={() => setAsking('rotate')}>{t('admin.newSecret')}</Button>
          </Row>
          <Row wrap label={t('admin.removeBefore')}><Button size="small" kind="danger" icon="trash" onClick={() => setAsking('remove')}>{t('common.remove')}</Button></Row>
        </>
      )}
      {asking === 'edit' && <Editor app={app} before={hook} onKept={kept} onClose={() => setAsking(null)} />}
      {asking === 'rotate' && <ConfirmDialog title={t('admin.newSecret')} text={t('admin.newSecretText')} confirm={t('admin.newSecret')} onConfirm={async () => kept(await admin.rotateBeforeHook(app))} onClose={() => setAsking(null)} />}
      {asking === 'remove' && <ConfirmDialog danger title={t('admin.removeBeforeTitle')} text={t('admin.removeBeforeText')} confirm={t('common.remove')} onConfirm={async () => { await admin.removeBeforeHook(app); again(); }} onClose={() => setAsking(null)} />}
      {secret !== null && <SecretDialog title={t('admin.beforeHook')} secret={secret} note={t('admin.hookSecretHint')} onClose={() => setSecret(null)} />}
    </Card>
  );
}

const lineOf = ({ actions, timeout_ms, on_failure }: BeforeHookInfo): string =>
  [list(actions.map((action) => t(ACTIONS[action]))), t('admin.ms', { value: timeout_ms }), t(on_failure === 'open' ? 'admin.failsOpen' : 'admin.failsClosed')].join(' · ');

/** Asks about something made up, and says what came of it. */
function Try({ app }: { app: string }) {
  const [tested, setTested] = useState<HookTest | null>(null);
  const { busy, problem, run } = useDoing();
  const words = tested && `${t(RESULTS[tested.result])} · ${t('admin.ms', { value: tested.ms })}${tested.reason ? ` · ${tested.reason}` : ''}`;
  return (
    <Row wrap label={t('admin.tryHook')} hint={<span role="status">{words ?? t('admin.tryHookHint')}</span>} error={problem instanceof Error && problem.message}>
      <Button size="small" icon="check" busy={busy} onClick={() => void run(async () => setTested(await admin.testBeforeHook(app)))}>{t('admin.testAssistant')}</Button>
    </Row>
  );
}

function Editor({ app, before, onKept, onClose }: { app: string; before: BeforeHook | null; onKept: (kept: { secret?: string }) => void; onClose: () => void }) {
  const [url, setUrl] = useState(before?.url ?? '');
  const [actions, setActions] = useState<readonly HookAction[]>(before?.actions ?? ['message_send']);
  const [wait, setWait] = useState(String(before?.timeout_ms ?? 1_000));
  const [failure, setFailure] = useState<BeforeHook['on_failure']>(before?.on_failure ?? 'closed');
  const { busy, problem, run } = useDoing();
  const save = () => void run(async () => onKept(await admin.setBeforeHook(app, { url: url.trim(), actions: [...actions], timeout_ms: Number(wait), on_failure: failure })));
  return (
    <Dialog title={t('admin.beforeHook')} width={480} onClose={onClose}>
      <Form submit={t('common.save')} busy={busy} disabled={url.trim() === '' || actions.length === 0 || !/^\d{1,5}$/.test(wait)} problem={problem} onSubmit={save}>
        <Field label={t('admin.hookUrl')} type="url" autocomplete="off" spellcheck={false} data-autofocus value={url} onInput={setUrl} />
        <fieldset class={form.names}>
          <legend class={css.muted}>{t('admin.askedBefore')}</legend>
          {(Object.keys(ACTIONS) as HookAction[]).map((action) => (
            <label key={action} class={css.bar}><span>{t(ACTIONS[action])}</span><Switch label={t(ACTIONS[action])} checked={actions.includes(action)} onChange={(on) => setActions(on ? [...actions, action] : actions.filter((other) => other !== action))} /></label>
          ))}
        </fieldset>
        <div class={form.pair}>
          <Field label={t('admin.hookWait')} inputMode="numeric" autocomplete="off" value={wait} onInput={setWait} hint={t('admin.hookWaitHint')} />
          <Select label={t('admin.onFailure')} value={failure} onChange={setFailure} options={[{ value: 'closed', label: t('admin.failsClosed') }, { value: 'open', label: t('admin.failsOpen') }]} />
        </div>
      </Form>
    </Dialog>
  );
}
