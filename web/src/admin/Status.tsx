import { useEffect, useState } from 'preact/hooks';
import { admin } from '../core';
import { bytes, number, problemWords, t, type PlainKey } from '../i18n';
import { Banner, Card, ErrorState, Loading, Pill, Row, Segmented } from '../ui';
import { useAsked } from '../settings/useDoing';
import css from './Admin.module.css';

const REFRESH_MS = 5_000;

const CONNECTIONS = {
  accepted: 'admin.accepted', turned_away: 'admin.turnedAway', logins: 'admin.logins', logins_refused: 'admin.loginsRefused',
  throttled: 'admin.throttled', lagging: 'admin.lagging', protocol_errors: 'admin.protocolErrors', timeouts: 'admin.timeouts',
} as const satisfies Record<string, PlainKey>;
const COMMANDS = {
  accepted: 'admin.commandsAccepted', refused: 'admin.refused', duplicates: 'admin.duplicates', commits: 'admin.commits',
} as const satisfies Record<string, PlainKey>;
const STORAGE = { tail_entries: 'admin.tail', journal_rows: 'admin.journal', reopened: 'admin.reopened' } as const satisfies Record<string, PlainKey>;

const milliseconds = (us: number): string => t('admin.ms', { value: number(us / 1000, { maximumFractionDigits: us < 10_000 ? 1 : 0 }) });

/** How the server is, asked again every few seconds while somebody looks. */
export function StatusPage() {
  const [live, setLive] = useState<'live' | 'paused'>('live');
  const { value: status, problem, again } = useAsked(admin.status);
  useEffect(() => {
    if (live === 'paused') return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') again();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [live]);
  if (!status) return problem !== null ? <ErrorState error={problem} onRetry={again} /> : <Loading />;
  const { connections, commands, storage } = status;
  return (
    <>
      {problem !== null && <Banner icon="alert">{t('admin.stale')} {problemWords(problem)}</Banner>}
      <div class={css.bar}>
        <Pill tone={status.down === undefined ? 'ok' : 'danger'}>{t(status.down === undefined ? 'admin.healthy' : 'admin.down')}</Pill>
        <span class={css.muted}>{t('admin.version', { version: status.version })}</span>
        <Segmented label={t('admin.refresh')} value={live} onChange={setLive} options={[{ value: 'live', label: t('admin.live') }, { value: 'paused', label: t('admin.paused') }]} />
      </div>
      {status.down !== undefined && <Banner tone="danger" icon="alert">{status.down}</Banner>}
      <dl class={css.tiles}>
        <Tile label={t('admin.openConnections')} value={number(connections.open)} note={t('admin.loggedIn', { count: connections.sessions })} />
        <Tile label={t('admin.queued')} value={bytes(connections.queued_bytes)} note={t('admin.queuedNote')} />
        <Tile label={t('admin.writer')} value={number(commands.queued)} note={t('admin.writerNote')} />
        <Tile label={t('admin.commitTime')} value={milliseconds(commands.commit_p99_us)} note={t('admin.median', { value: milliseconds(commands.commit_p50_us) })} />
        <Tile label={t('admin.storage')} value={bytes(storage.file_bytes)} note={t('admin.lsn', { lsn: status.lsn })} />
      </dl>
      <Counts title={t('admin.connections')} words={CONNECTIONS} counts={connections} />
      <Counts title={t('admin.commands')} words={COMMANDS} counts={commands} />
      <Counts title={t('admin.storage')} words={STORAGE} counts={storage} />
    </>
  );
}

function Tile({ label, value, note }: { label: string; value: string; note: string }) {
  return (
    <div class={css.tile}>
      <dt>{label}</dt>
      <dd class={css.value}>{value}</dd>
      <dd class={css.muted}>{note}</dd>
    </div>
  );
}

function Counts<N extends string>({ title, words, counts }: { title: string; words: Readonly<Record<N, PlainKey>>; counts: Readonly<Record<NoInfer<N>, number>> }) {
  return (
    <Card title={title} note={t('admin.sinceStart')}>
      {(Object.entries(words) as [N, PlainKey][]).map(([name, label]) => <Row key={name} label={t(label)}><span class={css.number}>{number(counts[name])}</span></Row>)}
    </Card>
  );
}
