import { useState } from 'preact/hooks';
import { admin } from '../core';
import type { AssistantInfo, AssistantPreset, AssistantSettings, AssistantTest } from '../core/admin';
import { number, t, type PlainKey } from '../i18n';
import { useReason } from '../i18n/reason';
import { Button, Card, ConfirmDialog, Dialog, Empty, ErrorState, Field, Icon, Row, Select, SkeletonRows, Switch, TextArea, toast } from '../ui';
import { NAME_CHARS_MAX, userProblem } from '../auth/rules';
import { Form } from '../settings/Form';
import { useAsked, useDoing } from '../settings/useDoing';
import form from '../settings/Form.module.css';
import css from './Admin.module.css';

/** Who answers: each assistant with its provider, and a way to make one from a preset. */
export function AssistantsPage() {
  const { value, problem, again } = useAsked(async () => ({ ...(await admin.assistants()), ...(await admin.assistantPresets()) }));
  const [shown, setShown] = useState<AssistantInfo | 'new' | null>(null);
  const [removing, setRemoving] = useState<AssistantInfo | null>(null);
  if (!value) return problem !== null ? <ErrorState error={problem} onRetry={again} /> : <SkeletonRows count={3} />;
  const add = <Button kind="primary" size="small" icon="add" onClick={() => setShown('new')}>{t('admin.newAssistant')}</Button>;
  return (
    <>
      {value.assistants.length === 0 ? <Empty icon="spark" title={t('admin.noAssistants')} text={t('admin.noAssistantsText')}>{add}</Empty> : (
        <Card note={t('admin.assistantsNote')}>
          <Row label={t('admin.anotherAssistant')}>{add}</Row>
          {value.assistants.map((assistant) => (
            <Row key={assistant.id} wrap label={assistant.name} hint={`@${assistant.id} · ${assistant.settings.model} · ${assistant.settings.base_url}`}>
              <Button size="small" onClick={() => setShown(assistant)}>{t('common.edit')}</Button>
              <Button size="small" kind="danger" onClick={() => setRemoving(assistant)}>{t('common.remove')}</Button>
            </Row>
          ))}
        </Card>
      )}
      {shown !== null && <Editor presets={value.presets} assistant={shown === 'new' ? null : shown} onClose={() => setShown(null)} onSaved={() => { setShown(null); again(); toast(t('admin.saved')); }} />}
      {removing && <ConfirmDialog danger title={t('admin.removeAssistant', { name: removing.name })} text={t('admin.removeAssistantText')} confirm={t('common.remove')} onConfirm={() => admin.removeAssistant(removing.id).then(again)} onClose={() => setRemoving(null)} />}
    </>
  );
}

interface EditorProps {
  presets: readonly AssistantPreset[];
  assistant: AssistantInfo | null;
  onClose: () => void;
  onSaved: () => void;
}

/** The settings of one; the rest of them keeps what it has. */
function Editor({ presets, assistant, onClose, onSaved }: EditorProps) {
  const [id, setId] = useState(assistant?.id ?? 'assistant');
  const [name, setName] = useState(assistant?.name ?? t('common.assistant'));
  const [preset, setPreset] = useState('');
  const [settings, setSettings] = useState<AssistantSettings>(assistant?.settings ?? { base_url: '', model: '' });
  /** With the settings that were tried: what they gave says nothing of others. */
  const [tested, setTested] = useState<{ of: AssistantSettings; test: AssistantTest } | null>(null);
  const saving = useDoing();
  const testing = useDoing();
  const change = (changed: Partial<AssistantSettings>) => setSettings((before) => ({ ...before, ...changed }));
  const set = <N extends keyof AssistantSettings>(field: N) => (value: AssistantSettings[N]) => change({ [field]: value });
  const choose = (wanted: string) => {
    const found = presets.find((each) => each.name === wanted);
    setPreset(wanted);
    if (!found) return;
    const { base_url, model, key_environment, context_tokens, images } = found;
    change({ base_url, model, context_tokens, images, key: key_environment ? { environment: key_environment } : null });
  };
  const key = settings.key && 'environment' in settings.key ? settings.key.environment : '';
  const missing = userProblem(id) !== null || !settings.base_url.trim() || !settings.model.trim();
  const test = () => void testing.run(async () => setTested({ of: settings, test: await admin.testAssistant(id, settings) }));
  const save = () => void saving.run(async () => { await admin.putAssistant(id, { name: name.trim() || null, settings }); onSaved(); });
  const note = useReason(presets.find((each) => each.name === preset)?.note);
  return (
    <Dialog title={assistant?.name ?? t('admin.newAssistant')} width={560} onClose={onClose}>
      <Form submit={t('common.save')} busy={saving.busy} disabled={missing} problem={saving.problem ?? testing.problem} onSubmit={save}>
        {!assistant && <Select label={t('admin.provider')} value={preset} onChange={choose} options={[{ value: '', label: t('admin.anyProvider') }, ...presets.map((each) => ({ value: each.name, label: each.title }))]} hint={note} />}
        <div class={form.pair}>
          <Field label={t('admin.userId')} autocapitalize="none" autocomplete="off" spellcheck={false} disabled={assistant !== null} value={id} onInput={setId} error={id === '' ? null : userProblem(id)} />
          <Field label={t('admin.name')} autocomplete="off" maxLength={NAME_CHARS_MAX} value={name} onInput={setName} />
        </div>
        <Field label={t('admin.baseUrl')} type="url" autocomplete="off" spellcheck={false} value={settings.base_url} onInput={set('base_url')} />
        <div class={form.pair}>
          <Field label={t('admin.model')} autocomplete="off" spellcheck={false} value={settings.model} onInput={set('model')} />
          <Field label={t('admin.keyVariable')} optional autocomplete="off" spellcheck={false} value={key} hint={t('admin.keyVariableHint')} onInput={(words) => set('key')(words.trim() ? { environment: words.trim() } : null)} />
        </div>
        <TextArea label={t('admin.systemPrompt')} optional value={settings.system_prompt ?? ''} onInput={(words) => set('system_prompt')(words || null)} />
        <Field label={t('admin.questionsPerDay')} inputMode="numeric" value={String(settings.questions_per_day ?? 200)} hint={t('admin.zeroNoLimit')} onInput={(words) => set('questions_per_day')(Number(words.replace(/\D/g, '')) || 0)} />
        <label class={css.bar}><span>{t('admin.takesPictures')}</span><Switch label={t('admin.takesPictures')} checked={settings.images ?? false} onChange={set('images')} /></label>
        <div><Button icon="check" busy={testing.busy} disabled={missing} onClick={test}>{t('admin.testAssistant')}</Button></div>
        {tested?.of === settings && <Steps test={tested.test} />}
      </Form>
    </Dialog>
  );
}

const STEPS: Readonly<Record<string, PlainKey>> = {
  key: 'admin.stepKey', address: 'admin.stepAddress', connect: 'admin.stepConnect', models: 'admin.stepModels', answer: 'admin.stepAnswer',
};

/** What was tried, in order; the first that failed says what to change. */
function Steps({ test }: { test: AssistantTest }) {
  return (
    <ul role="status">
      {test.steps.map(({ step, ok, detail }) => (
        <li key={step} class={ok ? css.muted : form.error}><Icon name={ok ? 'check' : 'alert'} size={16} /> <strong>{STEPS[step] ? t(STEPS[step]) : step}</strong> {detail}</li>
      ))}
      {test.models.length > 0 && <li class={css.muted}>{t('admin.models', { count: test.models.length })} {test.models.slice(0, MODELS_SHOWN).join(', ')}{test.models.length > MODELS_SHOWN && ` + ${number(test.models.length - MODELS_SHOWN)}`}</li>}
    </ul>
  );
}
const MODELS_SHOWN = 8;
