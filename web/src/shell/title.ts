// What can be seen of a tab that nobody looks at: its title, a dot on its icon, a number on the icon of the installed app.

import { t } from '../i18n';

function showIcon(dot: boolean): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"][type="image/svg+xml"]');
  const wanted = link?.href.replace(/favicon(-unread)?\.svg/, dot ? 'favicon-unread.svg' : 'favicon.svg');
  if (link && wanted && link.href !== wanted) link.href = wanted;
}

/** Shows the title of a page and how many messages wait. */
export function showTitle(title: string, unread: number): void {
  const name = title === t('common.appName') ? title : `${title} · ${t('common.appName')}`;
  const whole = unread > 0 ? t('common.unreadTitle', { count: unread, title: name }) : name;
  clearTimeout(later);
  // What is read as it comes would turn them on and off with every message.
  later = setTimeout(() => mark(whole, unread), REST_MS);
  if (name !== shown) document.title = whole;
  shown = name;
}

const REST_MS = 300;
let later: ReturnType<typeof setTimeout> | undefined;
let shown = '';

function mark(title: string, unread: number): void {
  if (document.title !== title) document.title = title;
  showIcon(unread > 0);
  // Not in every browser, and refused where the app is not installed: the title says it anyway.
  const badge = unread > 0 ? navigator.setAppBadge?.(unread) : navigator.clearAppBadge?.();
  badge?.catch(() => undefined);
}
