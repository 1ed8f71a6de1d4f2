// Settings: what one says of oneself, who may see it, and how this device behaves.

import { t } from '../i18n';
import { paths } from '../router';
import { AboutPage } from './About';
import { AccountPage } from './Account';
import { AppearancePage } from './Appearance';
import { DevicesPage } from './Devices';
import { LogOut } from './LogOut';
import { NotificationsPage } from './Notifications';
import { PrivacyPage } from './Privacy';
import { ProfilePage } from './Profile';
import { SecurityPage } from './Security';
import { Sections, type Place } from './Sections';

const PLACES: readonly Place[] = [
  { section: 'profile', icon: 'user', label: 'settings.profile', page: ProfilePage },
  { section: 'privacy', icon: 'eye', label: 'settings.privacy', page: PrivacyPage },
  { section: 'notifications', icon: 'bell', label: 'settings.notifications', page: NotificationsPage },
  { section: 'appearance', icon: 'sun', label: 'settings.appearance', page: AppearancePage },
  { section: 'security', icon: 'lock', label: 'settings.security', page: SecurityPage },
  { section: 'devices', icon: 'screen', label: 'settings.devices', page: DevicesPage },
  { section: 'account', icon: 'archive', label: 'settings.account', page: AccountPage },
  { section: 'about', icon: 'info', label: 'settings.about', page: AboutPage },
];

export function SettingsPage({ section }: { section: string | null }) {
  return <Sections title={t('settings.title')} places={PLACES} section={section} pathOf={paths.settings} foot={<LogOut />} />;
}
