import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import css from './Badge.module.css';
import { cx } from './cx';

/** More are shown as 99+. */
const BADGE_MAX = 99;

/** How many are unread. Grey when muted; `corner` sits on an icon of the rail. */
export function Badge({ count, muted, corner }: { count: number; muted?: boolean; corner?: boolean }) {
  if (count <= 0) return null;
  return (
    <span class={cx(css.badge, muted && css.muted, corner && css.corner)}>
      <span aria-hidden="true">{count > BADGE_MAX ? `${BADGE_MAX}+` : count}</span>
      <span class="hidden-text">{t('common.unread', { count })}</span>
    </span>
  );
}

/** Somebody mentions the reader. */
export function MentionBadge({ label }: { label: string }) {
  return <span class={cx(css.badge, css.mention)} role="img" aria-label={label}>@</span>;
}

/** Unread without a number. */
export function Dot({ label, muted }: { label: string; muted?: boolean }) {
  return <span class={cx(css.badge, css.dot, muted && css.muted)} role="img" aria-label={label} />;
}

/** A small word in a frame: a role, a state. */
export function Pill({ tone, children }: { tone?: 'accent' | 'ok' | 'warn' | 'danger'; children: ComponentChildren }) {
  return <span class={cx(css.pill, tone && css[tone])}>{children}</span>;
}
