import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { admin } from '../core';
import type { AppAccess, AppInfo, AppUse } from '../core/admin';
import { bytes, date, dateTime, number, t } from '../i18n';
import { go, linkTo, paths } from '../router';
import { Button, Card, ConfirmDialog, ErrorState, Row, SkeletonRows, Switch, Tabs, toast } from '../ui';
import { useAsked, useRefused } from '../settings/useDoing';
import css from './Admin.module.css';
import { Amounts, type Amount } from './Amounts';
import { AppKeys } from './AppKeys';
import { AppPill, HOME_APP } from './AppPill';
import { BeforeHookCard } from './BeforeHook';
import { Origins } from './Origins';
import { Rules } from './Rules';

interface Shown {
  info: AppInfo;
  use: AppUse;
}

type Part = 'access' | 'hooks' | 'rules';

/** One app: how much of it there is, its keys, limits and rules, its end. */
export function AppPage({ app }: { app: string }) {
  const { value, problem, again } = useAsked(async (): Promise<Shown> => {
    const [info, use] = await Promise.all([admin.app(app), admin.appUse(app)]);
    return { info, use };
  });
  return (
    <>
      <div class={css.bar}>{value && <><h3 class={css.value}>{value.info.name}</h3><AppPill app={value.info} /></>}<a {...linkTo(paths.console('apps'))}>{t('admin.allApps')}</a></div>
      {value ? <One {...value} again={again} /> : problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows count={4} />}
    </>
  );
}

function One({ info, use, again }: Shown & { again: () => void }) {
  const id = String(info.app);
  const home = info.app === HOME_APP;
  const [part, setPart] = useState<Part>('access');
  const parts: Record<Part, () => ComponentChildren> = {
    access: () => <><AppKeys app={id} keys={use.keys} again={again} /><Tokens app={id} use={use} again={again} /><Origins app={id} origins={use.origins} again={again} /></>,
    hooks: () => <BeforeHookCard app={id} />,
    rules: () => (
      <>
        <Limits app={id} access={use.access} again={again} />
        {home ? <Card title={t('admin.rules')}><Row label={t('admin.homeRules')}><Button size="small" onClick={() => go(paths.console('rules'))}>{t('common.open')}</Button></Row></Card> : <><Rules app={id} /><Endings info={info} use={use} again={again} /></>}
      </>
    ),
  };
  return (
    <>
      <dl class={css.tiles}>
        {[[t('admin.users'), number(use.users)], [t('admin.appFiles'), bytes(use.media_bytes)], [t('admin.appSince'), date(info.created)]].map(([label, words]) => (
          <div key={label} class={css.tile}><dt>{label}</dt><dd class={css.number}>{words}</dd></div>
        ))}
      </dl>
      {info.state === 'deleting' ? <p>{t('admin.deletingText')}</p> : (
        <Tabs label={info.name} value={part} onChange={setPart} tabs={[{ value: 'access', label: t('admin.partAccess') }, { value: 'hooks', label: t('admin.partHooks') }, { value: 'rules', label: t('admin.partRules') }]}>
          <div class={css.parts}>{parts[part]()}</div>
        </Tabs>
      )}
    </>
  );
}

const HOUR = 3_600_000;
const MEGABYTE = 1_000_000;
const AMOUNTS: readonly Amount<Exclude<keyof AppAccess, 'signed_users'>>[] = [
  { setting: 'users_max', label: 'admin.usersMax', unit: 1, hint: 'admin.zeroNoLimit' },
  { setting: 'storage_bytes_max', label: 'admin.storageMax', unit: MEGABYTE, hint: 'admin.zeroNoLimit' },
  { setting: 'commands_per_second', label: 'admin.commandsMax', unit: 1, hint: 'admin.zeroNoLimit' },
  { setting: 'signed_age_max_ms', label: 'admin.signedAge', unit: HOUR, hint: 'admin.signedAgeHint' },
];

function Limits({ app, access, again }: { app: string; access: AppAccess; again: () => void }) {
  const change = async (part: Partial<AppAccess>) => {
    await admin.changeAccess(app, part);
    again();
    toast(t('admin.saved'));
  };
  return <Card title={t('admin.appLimits')} note={t('admin.appLimitsNote')}><Amounts amounts={AMOUNTS} values={access} change={change} /></Card>;
}

/** What the app's own tokens may do. */
function Tokens({ app, use: { access, tokens_from }, again }: { app: string; use: AppUse; again: () => void }) {
  const [asking, setAsking] = useState(false);
  const refused = useRefused();
  return (
    <Card title={t('admin.tokens')}>
      <Row label={t('admin.signedUsers')} hint={t('admin.signedUsersHint')}>
        {(id) => <Switch labelledBy={id} checked={access.signed_users} onChange={(on) => void admin.changeAccess(app, { signed_users: on }).then(() => { again(); toast(t('admin.saved')); }, refused)} />}
      </Row>
      <Row wrap label={t('admin.refuseTokens')} hint={tokens_from > 0 ? t('admin.tokensFrom', { time: dateTime(tokens_from) }) : t('admin.refuseTokensHint')}>
        <Button size="small" kind="danger" onClick={() => setAsking(true)}>{t('admin.refuse')}</Button>
      </Row>
      {asking && <ConfirmDialog danger title={t('admin.refuseTokens')} text={t('admin.refuseTokensText')} confirm={t('admin.refuse')} onConfirm={async () => { await admin.revokeTokens(app); again(); }} onClose={() => setAsking(false)} />}
    </Card>
  );
}

function Endings({ info: { app, name, state }, use, again }: Shown & { again: () => void }) {
  const [asking, setAsking] = useState<'suspend' | 'delete' | null>(null);
  const id = String(app);
  const suspended = state === 'suspended';
  const suspend = async () => {
    await admin.suspendApp(id, !suspended);
    again();
  };
  return (
    <Card danger title={t('admin.appEnd')}>
      <Row wrap label={t(suspended ? 'admin.isSuspendedApp' : 'admin.suspendApp')} hint={t('admin.suspendAppHint')}>
        <Button size="small" kind={suspended ? 'plain' : 'danger'} onClick={() => setAsking('suspend')}>{t(suspended ? 'admin.resume' : 'admin.suspend')}</Button>
      </Row>
      <Row wrap label={t('admin.deleteApp')} hint={t('admin.deleteAppHint')}>
        <Button size="small" kind="danger" icon="trash" onClick={() => setAsking('delete')}>{t('common.delete')}</Button>
      </Row>
      {asking === 'suspend' && (
        <ConfirmDialog
          danger={!suspended} title={t(suspended ? 'admin.resumeTitle' : 'admin.suspendTitle', { user: name })} text={t(suspended ? 'admin.resumeText' : 'admin.suspendAppHint')}
          confirm={t(suspended ? 'admin.resume' : 'admin.suspend')} {...(suspended || use.users < 2 ? {} : { typed: name })} onConfirm={suspend} onClose={() => setAsking(null)}
        />
      )}
      {asking === 'delete' && (
        <ConfirmDialog
          danger title={t('admin.deleteTitle', { user: name })} text={t('admin.deleteAppText', { count: use.users })} confirm={t('admin.deleteApp')} typed={name}
          onConfirm={async () => { await admin.deleteApp(id); toast(t('admin.appDeleted')); go(paths.console('apps')); }} onClose={() => setAsking(null)}
        />
      )}
    </Card>
  );
}
