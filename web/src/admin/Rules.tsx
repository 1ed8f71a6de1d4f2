import { admin } from '../core';
import type { AppSettings } from '../core/admin';
import { t, type PlainKey } from '../i18n';
import { Card, ErrorState, Loading, Row, Select, Switch, toast } from '../ui';
import { useAsked, useRefused } from '../settings/useDoing';
import { Amounts, type Amount } from './Amounts';

/** The app in which the people of this server are. */
const HOME = 'home';

type Choice = 'registration' | 'directory' | 'strangers' | 'login_policy';
const CHOICES: readonly { setting: Choice; label: PlainKey; hint: PlainKey; options: readonly [string, PlainKey][] }[] = [
  { setting: 'registration', label: 'admin.registration', hint: 'admin.registrationHint', options: [['open', 'admin.regOpen'], ['invite', 'admin.regInvite'], ['closed', 'admin.regClosed']] },
  { setting: 'directory', label: 'admin.directory', hint: 'admin.directoryHint', options: [['open', 'admin.dirOpen'], ['exact', 'admin.dirExact'], ['off', 'admin.dirOff']] },
  { setting: 'strangers', label: 'admin.strangers', hint: 'admin.strangersHint', options: [['anyone', 'admin.anyone'], ['contacts', 'admin.contactsOnly']] },
  { setting: 'login_policy', label: 'admin.loginPolicy', hint: 'admin.loginPolicyHint', options: [['one', 'admin.loginOne'], ['two', 'admin.loginTwo'], ['three', 'admin.loginThree'], ['all', 'admin.loginAll']] },
];

const MINUTE = 60_000;
const DAY = 86_400_000;
const MEGABYTE = 1_000_000;
const AMOUNTS: readonly Amount<Exclude<keyof AppSettings, Choice | 'hold'>>[] = [
  { setting: 'recall_window_ms', label: 'admin.recallWindow', unit: MINUTE },
  { setting: 'edit_window_ms', label: 'admin.editWindow', unit: MINUTE },
  { setting: 'contact_cooldown_ms', label: 'admin.cooldown', unit: MINUTE },
  { setting: 'message_bytes_max', label: 'admin.messageMax', unit: 1 },
  { setting: 'group_members_max', label: 'admin.membersMax', unit: 1 },
  { setting: 'media_bytes_max', label: 'admin.fileMax', unit: MEGABYTE },
  { setting: 'media_quota_bytes', label: 'admin.quota', unit: MEGABYTE },
  { setting: 'retention_ms', label: 'admin.retention', unit: DAY, hint: 'admin.zeroKeeps' },
  { setting: 'retention_entries', label: 'admin.retentionEntries', unit: 1, hint: 'admin.zeroKeeps' },
];

/** The rules of this server. */
export const RulesPage = () => <Rules app={HOME} />;

/** The rules of an app. Each choice counts at once; numbers are sent together. */
export function Rules({ app }: { app: string }) {
  const { value: settings, problem, again, set } = useAsked(() => admin.settings(app), [app]);
  const refused = useRefused();
  if (!settings) return problem !== null ? <ErrorState error={problem} onRetry={again} /> : <Loading />;
  const change = async (part: Partial<AppSettings>) => {
    set(await admin.changeSettings(app, part));
    toast(t('admin.saved'));
  };
  return (
    <>
      <Card title={t('admin.access')}>
        {CHOICES.map(({ setting, label, hint, options }) => (
          <Row key={setting} wrap label={t(label)} hint={t(hint)}>
            <Select
              label={t(label)}
              hideLabel
              size="small"
              value={settings[setting] as string}
              onChange={(chosen) => void change({ [setting]: chosen }).catch(refused)}
              options={options.map(([value, words]) => ({ value, label: t(words) }))}
            />
          </Row>
        ))}
        <Row label={t('admin.hold')} hint={t('admin.holdHint')}>
          {(id) => <Switch labelledBy={id} checked={settings.hold} onChange={(hold) => void change({ hold }).catch(refused)} />}
        </Row>
      </Card>
      <Card title={t('admin.limits')} note={t('admin.limitsNote')}><Amounts amounts={AMOUNTS} values={settings} change={change} /></Card>
    </>
  );
}
