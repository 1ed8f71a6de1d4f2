import { t } from '../i18n';
import css from './Spinner.module.css';

/** Something is on its way. Silent for screen readers: say it with words, or use `Loading`. */
export function Spinner({ size = 20 }: { size?: number }) {
  return <span class={css.spinner} style={{ width: `${size}px`, height: `${size}px` }} aria-hidden="true" />;
}

/** A pane that waits, with words for screen readers. */
export function Loading() {
  return (
    <div class={css.centre} role="status">
      <Spinner size={28} />
      <span class="hidden-text">{t('common.loading')}</span>
    </div>
  );
}
