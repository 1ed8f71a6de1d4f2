// A figure over the last time: a line on a soft ground. Who points at it sees when it was what; who does not see it hears the
// figure now, its lowest and its highest.

import { useState } from 'preact/hooks';
import { clock, t } from '../i18n';
import css from './Admin.module.css';
import { linesOf, nearest, type Span } from './chart';

interface ChartProps {
  title: string;
  span: Span;
  values: readonly number[];
  words: (value: number) => string;
}

export function Chart({ title, span, values, words }: ChartProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const shown = values.filter((_, index) => span.at[index]! >= span.from);
  if (shown.length === 0) return <p class={css.muted}>{t('admin.chartsSoon')}</p>;
  const { line, area } = linesOf(values, span);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const at = pointed === null ? null : nearest(span, pointed);
  const where = at === null ? 0 : ((span.at[at]! - span.from) / (span.to - span.from)) * 100;
  return (
    <>
      <svg
        class={css.chart} viewBox="0 0 100 100" preserveAspectRatio="none" role="img"
        aria-label={t('admin.chartWords', { title, now: words(shown.at(-1)!), low: words(low), high: words(high) })}
        onPointerMove={(event) => {
          const { left, width } = event.currentTarget.getBoundingClientRect();
          setPointed((event.clientX - left) / width);
        }}
        onPointerLeave={() => setPointed(null)}
      >
        <path d={area} fill="var(--accent)" opacity="0.12" />
        <path d="M0 100H100" stroke="var(--line)" vector-effect="non-scaling-stroke" />
        <path d={line} fill="none" stroke="var(--accent)" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round" vector-effect="non-scaling-stroke" />
        {at !== null && <path d={`M${where} 0V100`} stroke="var(--fg-muted)" vector-effect="non-scaling-stroke" />}
      </svg>
      <p class={css.axis} aria-hidden="true">
        {at === null ? <><span>{clock(span.from)}</span><span>{t('admin.lowHigh', { low: words(low), high: words(high) })}</span><span>{clock(span.to)}</span></>
          : <><span /><span>{clock(span.at[at]!)} · {words(values[at]!)}</span><span /></>}
      </p>
    </>
  );
}
