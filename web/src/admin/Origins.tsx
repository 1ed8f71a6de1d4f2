import { useState } from 'preact/hooks';
import { admin } from '../core';
import { t } from '../i18n';
import { Card, TextArea, toast } from '../ui';
import { Form } from '../settings/Form';
import { useDoing } from '../settings/useDoing';

/** From where pages of other systems may use an app: one a line. */
export function Origins({ app, origins, again }: { app: string; origins: readonly string[]; again: () => void }) {
  const [text, setText] = useState<string | null>(null);
  const { busy, problem, run } = useDoing();
  const before = origins.join('\n');
  const save = () => void run(async () => {
    await admin.setOrigins(app, (text ?? before).split(/\s+/).filter(Boolean));
    setText(null);
    again();
    toast(t('admin.saved'));
  });
  return (
    <Card title={t('admin.origins')} note={t('admin.originsNote')}>
      <Form submit={t('common.save')} busy={busy} disabled={text === null || text.trim() === before} problem={problem} onSubmit={save}>
        <TextArea label={t('admin.originsLabel')} hint={t('admin.originsHint')} rows={3} spellcheck={false} value={text ?? before} onInput={setText} />
      </Form>
    </Card>
  );
}
