import { useState } from 'preact/hooks';
import { NAME_CHARS_MAX } from '../auth/rules';
import { admin } from '../core';
import type { AppKey, AppKeyKind, AppScope, MadeAppKey } from '../core/admin';
import { date, dateTime, list, t, type PlainKey } from '../i18n';
import { Button, Card, ConfirmDialog, Dialog, Field, Row, Select, Switch, TextArea, toast } from '../ui';
import { Form } from '../settings/Form';
import { useDoing } from '../settings/useDoing';
import css from './Admin.module.css';
import { SecretDialog } from './SecretDialog';

const KINDS: Readonly<Record<AppKeyKind, { label: PlainKey; hint: PlainKey }>> = {
  api: { label: 'admin.keyApi', hint: 'admin.keyApiHint' },
  hs256: { label: 'admin.keyHs256', hint: 'admin.keyHs256Hint' },
  eddsa: { label: 'admin.keyEddsa', hint: 'admin.keyEddsaHint' },
};

/** What a key may open, in the order of the server. */
const SCOPES: Readonly<Record<AppScope, PlainKey>> = {
  users: 'admin.scopeUsers', send: 'admin.scopeSend', act: 'admin.scopeAct', read: 'admin.scopeRead', settings: 'admin.scopeSettings',
};
const ALL = Object.keys(SCOPES) as AppScope[];

const nameOf = ({ key, name }: AppKey): string => name ?? t('admin.keyNumber', { id: String(key) });

interface AppKeysProps {
  app: string;
  keys: readonly AppKey[];
  again: () => void;
}

/** With which an app opens the interface and signs for its users. To rotate one, a second is made beside it, and the first revoked. */
export function AppKeys({ app, keys, again }: AppKeysProps) {
  const [making, setMaking] = useState<AppKey | 'new' | null>(null);
  const [made, setMade] = useState<MadeAppKey | null>(null);
  const [revoking, setRevoking] = useState<AppKey | null>(null);
  const show = (key: MadeAppKey) => {
    setMaking(null);
    setMade(key);
    again();
  };
  return (
    <Card title={t('admin.keys')} note={t('admin.keysNote')}>
      <Row label={t(keys.length === 0 ? 'admin.noKeys' : 'admin.anotherKey')}><Button kind="primary" size="small" icon="add" onClick={() => setMaking('new')}>{t('admin.newKey')}</Button></Row>
      {keys.map((key) => (
        <Row key={key.key} wrap label={nameOf(key)} hint={lineOf(key)}>
          <Button size="small" icon="retry" onClick={() => setMaking(key)}>{t('admin.rotate')}</Button>
          <Button size="small" kind="danger" onClick={() => setRevoking(key)}>{t('admin.revoke')}</Button>
        </Row>
      ))}
      {making !== null && <NewKey app={app} before={making === 'new' ? null : making} onMade={show} onClose={() => setMaking(null)} />}
      {made && <Secret made={made} onClose={() => setMade(null)} />}
      {revoking && (
        <ConfirmDialog
          danger title={t('admin.revokeKeyTitle', { name: nameOf(revoking) })} text={t(revoking.kind === 'api' ? 'admin.revokeApiText' : 'admin.revokeSigningText')} confirm={t('admin.revoke')}
          onConfirm={async () => { await admin.revokeKey(app, revoking.key); toast(t('admin.keyRevoked')); again(); }} onClose={() => setRevoking(null)}
        />
      )}
    </Card>
  );
}

/** What a key is, since when, and when it was used. */
function lineOf({ key, kind, created, used, scopes }: AppKey): string {
  return [
    t(KINDS[kind].label), kind !== 'api' && `kid ${key}`, kind === 'api' && scopes.length < ALL.length && t('admin.opensOnly', { scopes: list(scopes.map((scope) => t(SCOPES[scope]))) }), t('admin.madeAt', { time: date(created) }),
    used === null ? t('admin.neverUsed') : t('admin.lastUsed', { time: dateTime(used) }),
  ].filter(Boolean).join(' · ');
}

/** `before`: the key whose place the new one is to take. */
function NewKey({ app, before, onMade, onClose }: { app: string; before: AppKey | null; onMade: (key: MadeAppKey) => void; onClose: () => void }) {
  const [kind, setKind] = useState<AppKeyKind>(before?.kind ?? 'api');
  const [name, setName] = useState(before?.name ?? '');
  const [half, setHalf] = useState('');
  const [scopes, setScopes] = useState<readonly AppScope[]>(before?.kind === 'api' ? before.scopes : ALL);
  const { busy, problem, run } = useDoing();
  const narrow = kind === 'api' && scopes.length < ALL.length;
  const make = () => void run(async () => onMade(await admin.createKey(app, { kind, name: name.trim() || null, ...(kind === 'eddsa' ? { public_key: half.trim() } : {}), ...(narrow ? { scopes } : {}) })));
  const set = (scope: AppScope) => (on: boolean) => setScopes(ALL.filter((one) => (one === scope ? on : scopes.includes(one))));
  return (
    <Dialog title={before ? t('admin.rotateTitle', { name: nameOf(before) }) : t('admin.newKey')} width={480} onClose={onClose}>
      {before && <p class={css.muted}>{t('admin.rotateText')}</p>}
      <Form submit={t('admin.makeKey')} busy={busy} disabled={kind === 'eddsa' ? half.trim() === '' : narrow && scopes.length === 0} problem={problem} onSubmit={make}>
        <Select label={t('admin.keyKind')} value={kind} onChange={setKind} disabled={before !== null} hint={t(KINDS[kind].hint)} options={(Object.keys(KINDS) as AppKeyKind[]).map((value) => ({ value, label: t(KINDS[value].label) }))} />
        <Field label={t('admin.keyName')} optional autocomplete="off" maxLength={NAME_CHARS_MAX} value={name} onInput={setName} data-autofocus />
        {kind === 'api' && (
          <div role="group" aria-label={t('admin.keyScopes')}>
            <p class={css.muted}>{t('admin.keyScopes')}</p>
            {ALL.map((scope) => <label key={scope} class={css.bar}><span>{t(SCOPES[scope])}</span><Switch label={t(SCOPES[scope])} checked={scopes.includes(scope)} onChange={set(scope)} /></label>)}
          </div>
        )}
        {kind === 'eddsa' && <TextArea label={t('admin.publicHalf')} hint={t('admin.publicHalfHint')} rows={4} spellcheck={false} value={half} onInput={setHalf} />}
      </Form>
    </Dialog>
  );
}

/** The secret, which is shown this once. */
function Secret({ made, onClose }: { made: MadeAppKey; onClose: () => void }) {
  const title = t('admin.keyMade', { name: nameOf(made) });
  if (made.secret !== undefined) return <SecretDialog title={title} secret={made.secret} note={made.kind === 'api' ? undefined : t('admin.kidIs', { id: String(made.key) })} onClose={onClose} />;
  return (
    <Dialog title={title} width={480} onClose={onClose} actions={<Button onClick={onClose}>{t('common.done')}</Button>}>
      <p>{t('admin.keyThere', { id: String(made.key) })}</p>
    </Dialog>
  );
}
