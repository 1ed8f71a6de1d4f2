import { useState } from 'preact/hooks';
import { admin } from '../core';
import type { AppSettings } from '../core/admin';
import { t, type PlainKey } from '../i18n';
import { Card, ErrorState, Field, Loading, Row, Select, Switch, toast } from '../ui';
import { Form } from '../settings/Form';
import { useAsked, useDoing, useRefused } from '../settings/useDoing';
import form from '../settings/Form.module.css';

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
type Amount = Exclude<keyof AppSettings, Choice | 'hold'>;
/** Numbers, in the unit in which people think of them. */
const AMOUNTS: readonly { setting: Amount; label: PlainKey; unit: number; hint?: PlainKey }[] = [
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

/** The rules of this server. Each choice counts at once; numbers are sent together. */
export function RulesPage() {
  const { value: settings, problem, again, set } = useAsked(() => admin.settings(HOME));
  const refused = useRefused();
  if (!settings) return problem !== null ? <ErrorState error={problem} onRetry={again} /> : <Loading />;
  const change = async (part: Partial<AppSettings>) => {
    set(await admin.changeSettings(HOME, part));
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
      <Card title={t('admin.limits')} note={t('admin.limitsNote')}><Amounts settings={settings} change={change} /></Card>
    </>
  );
}

const shown = (value: number, unit: number): string => String(Number((value / unit).toFixed(3)));

function Amounts({ settings, change }: { settings: AppSettings; change: (part: Partial<AppSettings>) => Promise<void> }) {
  const [texts, setTexts] = useState<Partial<Record<Amount, string>>>({});
  const { busy, problem, run } = useDoing();
  const changed = AMOUNTS.filter(({ setting, unit }) => texts[setting] !== undefined && texts[setting] !== shown(settings[setting], unit));
  const wrong = (text: string | undefined): boolean => text !== undefined && !/^\d{1,12}([.,]\d+)?$/.test(text.trim());
  const save = () =>
    void run(async () => {
      await change(Object.fromEntries(changed.map(({ setting, unit }) => [setting, Math.round(Number(texts[setting]?.replace(',', '.')) * unit)])));
      setTexts({});
    });
  return (
    <Form submit={t('common.save')} busy={busy} problem={problem} disabled={changed.length === 0 || changed.some(({ setting }) => wrong(texts[setting]))} onSubmit={save}>
      <div class={form.pair}>
        {AMOUNTS.map(({ setting, label, unit, hint }) => (
          <Field
            key={setting}
            label={t(label)}
            inputMode="decimal"
            autocomplete="off"
            value={texts[setting] ?? shown(settings[setting], unit)}
            onInput={(text) => setTexts((before) => ({ ...before, [setting]: text }))}
            hint={hint && t(hint)}
            error={wrong(texts[setting]) && t('admin.numberNeeded')}
          />
        ))}
      </div>
    </Form>
  );
}
