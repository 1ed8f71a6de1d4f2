import { api } from '../core';
import type { AuditLine } from '../core/api';
import { t } from '../i18n';
import { Button, Card, Empty, ErrorState, Row, SkeletonRows, Time, toastError } from '../ui';
import { useAsked, useDoing } from '../settings/useDoing';
import css from './Admin.module.css';

interface Lines {
  lines: readonly AuditLine[];
  next: number | null;
}

async function page(before: number | null): Promise<Lines> {
  const { lines, next } = await api.admin.audit({ before });
  return { lines, next: next ?? null };
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
          <Row key={`${line.lsn} ${line.action} ${line.subject}`} label={<code>{line.action}</code>} hint={`${line.actor} → ${line.subject}`}>
            <span class={css.muted}><Time at={line.at} kind="full" /></span>
          </Row>
        ))}
      </Card>
      {value.next !== null && <span class={css.center}><Button busy={busy} onClick={older}>{t('common.loadMore')}</Button></span>}
    </>
  );
}
