import { useEffect, useState } from 'preact/hooks';
import { admin } from '../core';
import { bytes, number, problemWords, t, type PlainKey } from '../i18n';
import type { ComponentChildren } from 'preact';
import { Banner, Button, Card, ErrorState, Loading, Pill, Row, Segmented, Skeleton } from '../ui';
import { useAsked } from '../settings/useDoing';
import css from './Admin.module.css';
import { Chart } from './Chart';
import { useHistory } from './useHistory';

const REFRESH_MS = 5_000;

const CONNECTIONS = {
  accepted: 'admin.accepted', turned_away: 'admin.turnedAway', logins: 'admin.logins', logins_refused: 'admin.loginsRefused',
  throttled: 'admin.throttled', lagging: 'admin.lagging', protocol_errors: 'admin.protocolErrors', timeouts: 'admin.timeouts',
} as const satisfies Record<string, PlainKey>;
const COMMANDS = {
  accepted: 'admin.commandsAccepted', refused: 'admin.refused', duplicates: 'admin.duplicates', commits: 'admin.commits',
} as const satisfies Record<string, PlainKey>;
const STORAGE = { tail_entries: 'admin.tail', journal_rows: 'admin.journal', reopened: 'admin.reopened' } as const satisfies Record<string, PlainKey>;

const QUARTER_MS = 15 * 60_000;
const HOUR_MS = 60 * 60_000;
/** So many samples may be missing before a line has a gap. */
const GAP_SAMPLES = 3;

const milliseconds = (us: number): string => t('admin.ms', { value: number(us / 1000, { maximumFractionDigits: us < 10_000 ? 1 : 0 }) });

const perSecond = (value: number): string => t('admin.perSecond', { value: number(value, { maximumFractionDigits: value < 10 ? 1 : 0 }) });

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
  const { history, problem: missed, again: askHistory } = useHistory(live === 'live');
  const [range, setRange] = useState<'quarter' | 'hour'>('hour');
  if (!status) return problem !== null ? <ErrorState error={problem} onRetry={again} /> : <Loading />;
  const { connections, commands, storage } = status;
  const to = history?.at.at(-1) ?? 0;
  const span = { at: history?.at ?? [], from: to - (range === 'hour' ? HOUR_MS : QUARTER_MS), to, gapMs: GAP_SAMPLES * (history?.every_ms ?? 0) };
  /** The chart of one figure, or that it is on its way. */
  const chart = (title: string, name: 'connections' | 'commands_per_second' | 'commit_p99_us' | 'commands_queued' | 'queued_bytes' | 'file_bytes', words: (value: number) => string) => {
    if (history) return <Chart title={title} span={span} values={history[name]} words={words} />;
    return missed === null && <Skeleton width="100%" height="80px" />;
  };
  return (
    <>
      {problem !== null && <Banner icon="alert">{t('admin.stale')} {problemWords(problem)}</Banner>}
      <div class={css.bar}>
        <Pill tone={status.down === undefined ? 'ok' : 'danger'}>{t(status.down === undefined ? 'admin.healthy' : 'admin.down')}</Pill>
        <span class={css.muted}>{t('admin.version', { version: status.version })}</span>
        <span class={css.bar}>
          <Segmented label={t('admin.shown')} value={range} onChange={setRange} options={[{ value: 'quarter', label: t('admin.lastQuarter') }, { value: 'hour', label: t('admin.lastHour') }]} />
          <Segmented label={t('admin.refresh')} value={live} onChange={setLive} options={[{ value: 'live', label: t('admin.live') }, { value: 'paused', label: t('admin.paused') }]} />
        </span>
      </div>
      {status.down !== undefined && <Banner tone="danger" icon="alert">{status.down}</Banner>}
      {missed !== null && <Banner icon="alert">{t('admin.noCharts')} {problemWords(missed)} <Button size="small" onClick={askHistory}>{t('common.retry')}</Button></Banner>}
      <dl class={css.tiles}>
        <Tile label={t('admin.throughput')} value={history?.at.length ? perSecond(history.commands_per_second.at(-1) ?? 0) : '–'} note={t('admin.throughputNote')}>{chart(t('admin.throughput'), 'commands_per_second', perSecond)}</Tile>
        <Tile label={t('admin.openConnections')} value={number(connections.open)} note={t('admin.loggedIn', { count: connections.sessions })}>{chart(t('admin.openConnections'), 'connections', (value) => number(value))}</Tile>
        <Tile label={t('admin.commitTime')} value={milliseconds(commands.commit_p99_us)} note={t('admin.median', { value: milliseconds(commands.commit_p50_us) })}>{chart(t('admin.commitTime'), 'commit_p99_us', milliseconds)}</Tile>
        <Tile label={t('admin.writer')} value={number(commands.queued)} note={t('admin.writerNote')}>{chart(t('admin.writer'), 'commands_queued', (value) => number(value))}</Tile>
        <Tile label={t('admin.queued')} value={bytes(connections.queued_bytes)} note={t('admin.queuedNote')}>{chart(t('admin.queued'), 'queued_bytes', bytes)}</Tile>
        <Tile label={t('admin.storage')} value={bytes(storage.file_bytes)} note={t('admin.lsn', { lsn: status.lsn })}>{chart(t('admin.storage'), 'file_bytes', bytes)}</Tile>
      </dl>
      <Counts title={t('admin.connections')} words={CONNECTIONS} counts={connections} />
      <Counts title={t('admin.commands')} words={COMMANDS} counts={commands} />
      <Counts title={t('admin.storage')} words={STORAGE} counts={storage} />
    </>
  );
}

function Tile({ label, value, note, children }: { label: string; value: string; note: string; children: ComponentChildren }) {
  return (
    <div class={css.tile}>
      <dt>{label}</dt>
      <dd class={css.value}>{value}</dd>
      <dd class={css.muted}>{note}</dd>
      <dd>{children}</dd>
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
