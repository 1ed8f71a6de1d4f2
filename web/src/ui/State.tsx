// What a pane shows when it has nothing yet, nothing at all, or no way on.

import type { ComponentChildren } from 'preact';
import { problemWords, t } from '../i18n';
import { Button } from './Button';
import { cx } from './cx';
import { Icon, type IconName } from './Icon';
import css from './State.module.css';

interface StateProps {
  icon: IconName;
  title: string;
  text?: ComponentChildren;
  /** Buttons: what to do now. */
  children?: ComponentChildren;
}

/** Nothing is here, and what to do about it. */
export function Empty({ icon, title, text, children }: StateProps) {
  return (
    <div class={css.state}>
      <span class={css.tile}><Icon name={icon} size={30} /></span>
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {children && <div class={css.actions}>{children}</div>}
    </div>
  );
}

/** Something could not be shown: why, and a way to try again. */
export function ErrorState({ title = t('common.wentWrong'), error, onRetry, children }: { title?: string; error?: unknown; onRetry?: () => void; children?: ComponentChildren }) {
  const text = error === undefined ? t('common.wentWrongText') : problemWords(error);
  return (
    <div class={cx(css.state, css.error)} role="alert">
      <span class={css.tile}><Icon name="alert" size={30} /></span>
      <h2>{title}</h2>
      <p>{text}</p>
      <div class={css.actions}>
        {onRetry && <Button icon="retry" onClick={onRetry}>{t('common.retry')}</Button>}
        {children}
      </div>
    </div>
  );
}

/** A line across a pane: a state that lasts. */
export function Banner({ tone = 'warn', icon, children }: { tone?: 'warn' | 'info' | 'danger'; icon?: IconName; children: ComponentChildren }) {
  return (
    <div class={cx(css.banner, css[tone])} role="status">
      {icon && <Icon name={icon} size={18} />}
      <span>{children}</span>
    </div>
  );
}

/** A grey shape where something will be. Sizes in CSS. */
export function Skeleton({ width = '100%', height = '12px', circle }: { width?: string; height?: string; circle?: boolean }) {
  return <span class={cx(css.skeleton, circle && css.circle)} style={{ width, height }} aria-hidden="true" />;
}

/** The shape of a list that is on its way. */
export function SkeletonRows({ count = 8 }: { count?: number }) {
  return (
    <div class={css.rows} role="status">
      <span class="hidden-text">{t('common.loading')}</span>
      {Array.from({ length: count }, (_, index) => (
        <div key={index} class={css.row}>
          <Skeleton width="40px" height="40px" circle />
          <span class={css.lines}>
            <Skeleton width={`${45 + ((index * 17) % 35)}%`} />
            <Skeleton width={`${60 + ((index * 23) % 35)}%`} height="10px" />
          </span>
        </div>
      ))}
    </div>
  );
}
