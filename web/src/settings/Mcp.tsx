// Tokens for MCP: which programs with a language model work in one's conversations. It comes with the page of security.

import { useState } from 'preact/hooks';
import { NAME_CHARS_MAX } from '../auth/rules';
import { store } from '../core';
import { mcp, MCP_CONVERSATIONS_MAX, type MadeMcpToken, type McpToken } from '../core/mcp';
import { rich, t } from '../i18n';
import { Button, Card, ConfirmDialog, Dialog, ErrorState, Field, Row, Select, SkeletonRows, Switch, Time, toast } from '../ui';
import { Shown } from '../ui/Shown';
import { Form } from './Form';
import { useAsked, useDoing } from './useDoing';

const DAY_MS = 24 * 3_600_000;

export default function McpTokens() {
  const { value, problem, again } = useAsked(mcp.list);
  const [open, setOpen] = useState<McpToken | 'new' | null>(null);
  const [made, setMade] = useState<MadeMcpToken | null>(null);
  const close = () => setOpen(null);
  const show = (token: MadeMcpToken) => {
    close();
    setMade(token);
    again();
  };
  if (!value) return problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows count={1} />;
  return (
    <Card title={t('settings.mcp')} note={t('settings.mcpNote')}>
      {value.map((token) => (
        <Row key={token.token} wrap label={token.name} hint={<Hint token={token} />}>
          <Button size="small" kind="danger" onClick={() => setOpen(token)}>{t('settings.mcpRevoke')}</Button>
        </Row>
      ))}
      <Row label={t(value.length > 0 ? 'settings.mcpMore' : 'settings.mcpNone')}>
        <Button size="small" icon="add" onClick={() => setOpen('new')}>{t('settings.mcpNew')}</Button>
      </Row>
      {open === 'new' && <NewToken onMade={show} onClose={close} />}
      {open !== null && open !== 'new' && (
        <ConfirmDialog
          title={t('settings.mcpRevokeTitle', { name: open.name })} text={t('settings.mcpRevokeText')} confirm={t('settings.mcpRevoke')} danger
          onConfirm={async () => { await mcp.revoke(open); toast(t('settings.mcpRevoked')); again(); }} onClose={close}
        />
      )}
      {made && (
        <Dialog title={made.name} width={560} onClose={() => setMade(null)} actions={<Button onClick={() => setMade(null)}>{t('common.done')}</Button>}>
          <Shown main label={t('settings.mcpToken')} text={made.secret} note={<p>{t('settings.mcpOnce')}</p>} />
          <Shown label={t('settings.address')} text={made.url} />
        </Dialog>
      )}
    </Card>
  );
}

/** Where it works, and when it did. */
function Hint({ token: { conversations, access, used, open } }: { token: McpToken }) {
  const titles = store.conversations.value.filter(({ id }) => conversations.includes(id)).map(({ title }) => title.value);
  const when = !open ? t('settings.mcpOver') : used ? rich('settings.mcpUsed', { time: <Time at={used} kind="short" /> }) : t('settings.mcpUnused');
  return <>{titles.join(', ')} · {t(access === 'read' ? 'settings.mcpRead' : 'settings.mcpSend')} · {when}</>;
}

function NewToken({ onMade, onClose }: { onMade: (token: MadeMcpToken) => void; onClose: () => void }) {
  const [name, setName] = useState('');
  const [send, setSend] = useState(false);
  const [days, setDays] = useState('30');
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const { busy, problem, run } = useDoing();
  const views = store.conversations.value.filter(({ meta }) => !meta.value.inbox.gone);
  const expires = days === '' ? null : Date.now() + Number(days) * DAY_MS;
  const make = () => void run(async () => onMade(await mcp.create({ name: name.trim(), conversations: [...chosen], access: send ? 'read_and_send' : 'read', expires })));
  return (
    <Dialog title={t('settings.mcpNew')} width={560} onClose={onClose}>
      <Form submit={t('settings.mcpMake')} busy={busy} disabled={name.trim() === '' || chosen.length === 0} problem={problem} onSubmit={make}>
        <Field label={t('settings.mcpName')} hint={t('settings.mcpNameHint')} autocomplete="off" maxLength={NAME_CHARS_MAX} data-autofocus value={name} onInput={setName} />
        <Select label={t('settings.until')} value={days} onChange={setDays} options={[{ value: '30', label: t('settings.mcpDays', { count: 30 }) }, { value: '365', label: t('settings.mcpDays', { count: 365 }) }, { value: '', label: t('settings.untilChanged') }]} />
        <Card><Row label={t('settings.mcpMaySend')} hint={t('settings.mcpMaySendHint')}>{(id) => <Switch labelledBy={id} checked={send} onChange={setSend} />}</Row></Card>
        <Card title={t('settings.mcpWhere')}>
          {views.map(({ id, title }) => (
            <Row key={id} label={title.value}>
              {(label) => <Switch labelledBy={label} checked={chosen.includes(id)} disabled={chosen.length >= MCP_CONVERSATIONS_MAX && !chosen.includes(id)} onChange={(on) => setChosen(on ? [...chosen, id] : chosen.filter((one) => one !== id))} />}
            </Row>
          ))}
        </Card>
      </Form>
    </Dialog>
  );
}
