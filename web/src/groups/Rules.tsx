import { useState } from 'preact/hooks';
import { actions, type ConversationView, type GroupRules } from '../core';
import { t } from '../i18n';
import { Button, Card, Field, Row, Select, Switch } from '../ui';
import { failed } from '../contacts/message';
import css from './Groups.module.css';
import { powersOf } from './may';

/** The rules of a group: the owner sets them, everybody else reads them. */
export function Rules({ view }: { view: ConversationView }) {
  const meta = view.meta.value;
  const rules = meta.group?.rules;
  if (!rules) return null;
  const may = powersOf(meta);
  const change = (changed: Partial<GroupRules>) => void actions.setGroupRules(view.id, { ...rules, ...changed }).catch(failed);
  const who = [{ value: 'members', label: t('groups.everyone') }, { value: 'managers', label: t('groups.managersOnly') }] as const;
  // Else everybody could approve.
  const guarded = rules.kind === 'public' && rules.join !== 'free';
  return (
    <Card title={t('groups.rules')} note={may.own ? undefined : t('groups.rulesNote')}>
      <Choice label={t('groups.kind')} hint={t(rules.kind === 'private' ? 'groups.privateHint' : 'groups.publicHint')} value={rules.kind} disabled={!may.own} onChange={(kind) => change({ kind })} options={[{ value: 'private', label: t('groups.private') }, { value: 'public', label: t('groups.public') }]} />
      {rules.kind === 'public' && (
        <Choice
          label={t('groups.joining')}
          value={rules.join}
          disabled={!may.own}
          onChange={(join) => change({ join })}
          options={[{ value: 'free', label: t('groups.joinFree') }, { value: 'approval', label: t('groups.joinApproval') }, { value: 'closed', label: t('groups.byInvitation') }]}
        />
      )}
      <Choice label={t('groups.whoInvites')} value={guarded ? 'managers' : rules.invite} disabled={!may.own || guarded} onChange={(invite) => change({ invite })} options={who} />
      <Choice label={t('groups.whoEdits')} value={rules.kind === 'public' ? 'managers' : rules.edit} disabled={!may.own || rules.kind === 'public'} onChange={(edit) => change({ edit })} options={who} />
      <Choice label={t('groups.whoPins')} value={rules.pin} disabled={!may.own} onChange={(pin) => change({ pin })} options={who} />
      <Choice label={t('groups.history')} value={rules.history} disabled={!may.own} onChange={(history) => change({ history })} options={[{ value: 'from_joining', label: t('groups.historyNone') }, { value: 'all', label: t('groups.historyAll') }]} />
      <Row label={t('groups.keepReading')} hint={t('groups.keepReadingHint')}>
        {(id) => <Switch labelledBy={id} checked={rules.keep_reading} disabled={!may.own} onChange={(keep_reading) => change({ keep_reading })} />}
      </Row>
      {may.own && <Most key={rules.members_max} most={rules.members_max} onChange={(members_max) => change({ members_max })} />}
      {may.manage && (
        <Row label={t('groups.muteAll')} hint={t('groups.muteAllHint')}>
          {(id) => <Switch labelledBy={id} checked={meta.group?.muted ?? false} onChange={(on) => void actions.muteGroup(view.id, on).catch(failed)} />}
        </Row>
      )}
    </Card>
  );
}

function Choice<V extends string>({ label, hint, value, options, disabled, onChange }: { label: string; hint?: string; value: V; options: readonly { value: V; label: string }[]; disabled: boolean; onChange: (value: V) => void }) {
  if (disabled) return <Row label={label} hint={hint}><span class={css.muted}>{options.find((option) => option.value === value)?.label}</span></Row>;
  return (
    <Row wrap label={label} hint={hint}>
      <div class={css.select}><Select label={label} hideLabel size="small" value={value} options={options} onChange={onChange} /></div>
    </Row>
  );
}

/** How many may be in it; nothing is what the server allows. */
function Most({ most, onChange }: { most: number | null; onChange: (most: number | null) => void }) {
  const [words, setWords] = useState(most === null ? '' : String(most));
  const next = words.trim() === '' ? null : Number(words);
  const wrong = next !== null && (!Number.isInteger(next) || next < 1);
  return (
    <Row wrap label={t('groups.membersMax')} hint={t('groups.membersMaxHint')} error={wrong && t('groups.wholeNumber')}>
      <form class={css.buttons} onSubmit={(event) => { event.preventDefault(); if (!wrong && next !== most) onChange(next); }}>
        <div class={css.number}><Field label={t('groups.membersMax')} hideLabel size="small" inputMode="numeric" value={words} onInput={setWords} placeholder={t('groups.asServer')} /></div>
        {next !== most && <Button type="submit" size="small" kind="primary" disabled={wrong}>{t('common.save')}</Button>}
      </form>
    </Row>
  );
}
