import { actions, store, type UserSettings } from '../core';
import { t } from '../i18n';
import { Card, Loading, Row, Select, Switch, toast } from '../ui';
import { useRefused } from './useDoing';

export function PrivacyPage() {
  const refused = useRefused();
  const settings = store.me.value?.settings;
  if (!settings) return <Loading />;
  const change = (part: Partial<UserSettings>) => void actions.setSettings({ ...settings, ...part }).then(() => toast(t('settings.saved')), refused);
  return (
    <>
      <Card title={t('settings.reachingMe')}>
        <Row wrap label={t('settings.contactPolicy')} hint={t('settings.contactPolicyHint')}>
          <Select
            label={t('settings.contactPolicy')}
            hideLabel
            size="small"
            value={settings.contact_policy}
            onChange={(contact_policy) => change({ contact_policy })}
            options={[
              { value: 'approve', label: t('settings.policyApprove') },
              { value: 'open', label: t('settings.policyOpen') },
              { value: 'closed', label: t('settings.policyClosed') },
            ]}
          />
        </Row>
        <Row wrap label={t('settings.strangers')} hint={t('settings.strangersHint')}>
          <Select
            label={t('settings.strangers')}
            hideLabel
            size="small"
            value={settings.strangers ?? 'server'}
            onChange={(strangers) => change({ strangers: strangers === 'server' ? null : strangers })}
            options={[
              { value: 'server', label: t('settings.asServer') },
              { value: 'anyone', label: t('settings.anyone') },
              { value: 'contacts', label: t('settings.contactsOnly') },
            ]}
          />
        </Row>
      </Card>
      <Card title={t('settings.seenOfMe')}>
        <Row wrap label={t('settings.lastSeen')} hint={t('settings.lastSeenHint')}>
          <Select
            label={t('settings.lastSeen')}
            hideLabel
            size="small"
            value={settings.last_seen}
            onChange={(last_seen) => change({ last_seen })}
            options={[
              { value: 'everyone', label: t('settings.everyone') },
              { value: 'contacts', label: t('settings.contactsOnly') },
              { value: 'nobody', label: t('settings.nobody') },
            ]}
          />
        </Row>
        <Row label={t('settings.showPhone')}>
          {(id) => <Switch labelledBy={id} checked={settings.show_phone} onChange={(show_phone) => change({ show_phone })} />}
        </Row>
        <Row label={t('settings.showEmail')}>
          {(id) => <Switch labelledBy={id} checked={settings.show_email} onChange={(show_email) => change({ show_email })} />}
        </Row>
      </Card>
    </>
  );
}
