import type { AppInfo } from '../core/admin';
import { t } from '../i18n';
import { Pill } from '../ui';

/** The app of this server's own people. */
export const HOME_APP = 1;

/** What is out of the ordinary with an app. */
export function AppPill({ app: { app, state } }: { app: AppInfo }) {
  if (state === 'suspended') return <Pill tone="danger">{t('admin.suspended')}</Pill>;
  if (state === 'deleting') return <Pill tone="danger">{t('admin.deleting')}</Pill>;
  return app === HOME_APP ? <Pill tone="accent">{t('admin.homeApp')}</Pill> : null;
}
