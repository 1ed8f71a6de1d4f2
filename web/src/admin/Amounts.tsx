import { useState } from 'preact/hooks';
import { t, type PlainKey } from '../i18n';
import { Field } from '../ui';
import { Form } from '../settings/Form';
import { useDoing } from '../settings/useDoing';
import form from '../settings/Form.module.css';

/** A number, in the unit in which people think of it. */
export interface Amount<N extends string> {
  setting: N;
  label: PlainKey;
  unit: number;
  hint?: PlainKey;
}

interface AmountsProps<N extends string> {
  amounts: readonly Amount<N>[];
  values: Readonly<Record<N, number>>;
  change: (part: Partial<Record<N, number>>) => Promise<void>;
}

const shown = (value: number, unit: number): string => String(Number((value / unit).toFixed(3)));
const wrong = (text: string | undefined): boolean => text !== undefined && !/^\d{1,12}([.,]\d+)?$/.test(text.trim());

/** Numbers that are sent together, those that were changed. */
export function Amounts<N extends string>({ amounts, values, change }: AmountsProps<N>) {
  const [texts, setTexts] = useState<Partial<Record<N, string>>>({});
  const { busy, problem, run } = useDoing();
  const changed = amounts.filter(({ setting, unit }) => texts[setting] !== undefined && texts[setting] !== shown(values[setting], unit));
  const save = () =>
    void run(async () => {
      await change(Object.fromEntries(changed.map(({ setting, unit }) => [setting, Math.round(Number(texts[setting]?.replace(',', '.')) * unit)])) as Partial<Record<N, number>>);
      setTexts({});
    });
  return (
    <Form submit={t('common.save')} busy={busy} problem={problem} disabled={changed.length === 0 || changed.some(({ setting }) => wrong(texts[setting]))} onSubmit={save}>
      <div class={form.pair}>
        {amounts.map(({ setting, label, unit, hint }) => (
          <Field
            key={setting}
            label={t(label)}
            inputMode="decimal"
            autocomplete="off"
            value={texts[setting] ?? shown(values[setting], unit)}
            onInput={(text) => setTexts((before) => ({ ...before, [setting]: text }))}
            hint={hint && t(hint)}
            error={wrong(texts[setting]) && t('admin.numberNeeded')}
          />
        ))}
      </div>
    </Form>
  );
}
