import { useEffect } from 'preact/hooks';
import { store, type Platform, type PresenceOf, type UserId } from '../core';
import { list, relative, t } from '../i18n';
import { now } from '../ui';

const PLATFORMS: Record<Platform, string> = { web: '', ios: 'iOS', android: 'Android', macos: 'macOS', windows: 'Windows', linux: 'Linux', api: 'API' };

function stateWords(presence: PresenceOf): string | null {
  switch (presence.state) {
    case 'offline': return presence.last_seen ? t('common.lastSeen', { time: relative(presence.last_seen, now.value) }) : t('common.offline');
    case 'away': return t('common.away');
    case 'busy': return t('contacts.busy');
    default: {
      const on = [...new Set(presence.platforms)].map((platform) => PLATFORMS[platform] || t('contacts.platformWeb'));
      return on.length > 0 ? t('contacts.onlineOn', { platforms: list(on) }) : t('common.online');
    }
  }
}

/** Whether somebody is there, on what, and what they say of it. */
export function PresenceWords({ user }: { user: UserId }) {
  useEffect(() => store.watch([user]), [user]);
  const presence = store.presence(user).value;
  if (!presence) return null;
  const said = [presence.emoji, presence.text].filter(Boolean).join(' ');
  return <>{[stateWords(presence), said].filter(Boolean).join(' · ')}</>;
}
