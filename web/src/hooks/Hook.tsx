import { useState } from 'preact/hooks';
import { store } from '../core';
import { hooks, type Hook, type HookCall, type HookWithAddress } from '../core/hooks';
import { dateTime, t } from '../i18n';
import { Button, Card, ConfirmDialog, Dialog, ErrorState, IconButton, Row, SkeletonRows, Switch, Time, toast } from '../ui';
import { Shown } from '../ui/Shown';
import { useAsked } from '../settings/useDoing';
import css from '../groups/Groups.module.css';

interface HookDialogProps {
  hook: Hook;
  onRotated: (hook: HookWithAddress) => void;
  onGone: () => void;
  onClose: () => void;
}

/** One webhook: its last calls, another address, its end. */
export function HookDialog({ hook, onRotated, onGone, onClose }: HookDialogProps) {
  const [asking, setAsking] = useState<'rotate' | 'delete' | null>(null);
  const [endOld, setEndOld] = useState(false);
  const { name, user, by, created, old_secret_until } = hook;
  return (
    <Dialog title={name} width={560} onClose={onClose}>
      <p class={css.muted}>{`@${user} · ${t('extras.hookMade', { name: store.person(by).value.name, time: dateTime(created) })}`}</p>
      <Calls hook={hook} />
      <Card>
        <Row wrap label={t('extras.address')} hint={old_secret_until ? t('extras.oldAddress', { time: dateTime(old_secret_until) }) : t('extras.addressHint')}>
          <Button size="small" icon="retry" onClick={() => setAsking('rotate')}>{t('extras.rotate')}</Button>
        </Row>
        <Row wrap label={t('extras.deleteHook')} hint={t('extras.deleteHookHint')}>
          <Button size="small" kind="danger" icon="trash" onClick={() => setAsking('delete')}>{t('common.delete')}</Button>
        </Row>
      </Card>
      {asking === 'rotate' && (
        <ConfirmDialog title={t('extras.rotateTitle', { name })} text={t('extras.rotateText')} confirm={t('extras.rotate')} danger onConfirm={async () => onRotated(await hooks.rotate(hook, endOld))} onClose={() => { setAsking(null); setEndOld(false); }}>
          <Row label={t('extras.endOld')} hint={t('extras.endOldHint')}>{(id) => <Switch labelledBy={id} checked={endOld} onChange={setEndOld} />}</Row>
        </ConfirmDialog>
      )}
      {asking === 'delete' && (
        <ConfirmDialog
          title={t('extras.deleteHookTitle', { name })} text={t('extras.deleteHookText')} confirm={t('common.delete')} danger
          onConfirm={async () => { await hooks.delete(hook); toast(t('extras.hookDeleted')); onGone(); }} onClose={() => setAsking(null)}
        />
      )}
    </Dialog>
  );
}

/** What came in last, and why it was refused. */
function Calls({ hook }: { hook: Hook }) {
  const { value, problem, again } = useAsked(() => hooks.calls(hook), [hook.hook]);
  return (
    <section aria-labelledby="hook-calls">
      <div class={css.group}>
        <h3 id="hook-calls" class={css.label}>{t('extras.lastCalls')}</h3>
        <IconButton icon="retry" size="small" label={t('extras.lookAgain')} onClick={again} />
      </div>
      {!value ? (problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows count={2} />) : value.length === 0 ? (
        <p class={css.muted}>{t('extras.noCalls')}</p>
      ) : <Card>{value.map((call, index) => <Call key={`${call.at} ${index}`} call={call} />)}</Card>}
    </section>
  );
}

function Call({ call: { at, dialect, posts, problem } }: { call: HookCall }) {
  return <Row label={<Time at={at} kind="full" />} hint={dialect} error={problem}>{!problem && <span class={css.muted}>{t('extras.posts', { count: posts })}</span>}</Row>;
}

/** The address, which is shown this once, with what it can be tried with. */
export function AddressDialog({ hook: { name, url, old_secret_until }, onClose }: { hook: HookWithAddress; onClose: () => void }) {
  const sample = `curl ${url} \\\n  -H 'Content-Type: application/json' \\\n  -d '{"text": "${t('extras.sampleText')}"}'`;
  return (
    <Dialog title={t('extras.addressOf', { name })} width={560} onClose={onClose} actions={<Button onClick={onClose}>{t('common.done')}</Button>}>
      <Shown main label={t('extras.address')} text={url} note={<p class={css.muted}>{t('extras.addressOnce')}{old_secret_until && ` ${t('extras.oldAddress', { time: dateTime(old_secret_until) })}`}</p>} />
      <p class={css.muted}>{t('extras.tryIt')}</p>
      <Shown label={t('extras.tryIt')} text={sample} />
    </Dialog>
  );
}
