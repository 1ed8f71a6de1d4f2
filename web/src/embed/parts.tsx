// The small parts that the widget has of its own, with the icons that it needs.

import css from './Embed.module.css';
import { t } from './i18n';

const PATHS = {
  alert: 'M12 4 2.8 20h18.4ZM12 10v4M12 17h.01',
  attach: 'M20 11.5l-8 8a5 5 0 0 1-7-7l8.5-8.5a3.4 3.4 0 0 1 4.8 4.8L9.8 17.3a1.7 1.7 0 0 1-2.4-2.4L15 7.5',
  back: 'M15 5l-7 7 7 7',
  check: 'M5 12.5l4.5 4.5L19 7',
  checks: 'M2 13l4 4L16 7M11 16l1 1L22 7',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3 2',
  copy: 'M9 9h11v11H9ZM5 15H4V4h11v1',
  close: 'M6 6l12 12M18 6 6 18',
  down: 'M6 9l6 6 6-6',
  download: 'M12 4v11M7.5 11 12 15.5 16.5 11M4 20h16',
  edit: 'M4 20h4L19.5 8.5 15.5 4.5 4 16Z',
  file: 'M14 3H6v18h12V7ZM14 3v4h4',
  more: 'M4.5 12h1M11.5 12h1M18.5 12h1',
  offline: 'M4 4l16 16M2 9a15 15 0 0 1 5-3M22 9a15 15 0 0 0-11-4M6 13a9 9 0 0 1 4-2M12 18h.01',
  play: 'M8 5v14l11-7Z',
  reply: 'M9 7l-5 5 5 5M4 12h10a6 6 0 0 1 6 6v1',
  retry: 'M20 5v5h-5M20 10a8 8 0 1 0 0 5',
  undo: 'M4 9h10a6 6 0 0 1 0 12H9M8 5 4 9l4 4',
  send: 'M4 12 20 4l-5 16-3.5-6.5Z',
} as const;
export type IconName = keyof typeof PATHS;

/** Decoration unless it has a label. */
export function Icon({ name, size = 20, label }: { name: IconName; size?: number; label?: string }) {
  const named = label === undefined ? { 'aria-hidden': true as const } : { role: 'img' as const, 'aria-label': label };
  return (
    <svg {...named} viewBox="0 0 24 24" width={size} height={size} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" class={css.icon}>
      <path d={PATHS[name]} />
    </svg>
  );
}

export function IconButton({ icon, label, onClick }: { icon: IconName; label: string; onClick: () => void }) {
  return <button type="button" class={css.tool} aria-label={label} title={label} onClick={onClick}><Icon name={icon} /></button>;
}

export function Waiting() {
  return <div class={css.notice} role="status"><span class={css.spinner} aria-hidden="true" /><span class="hidden-text">{t('common.loading')}</span></div>;
}
