import { useId } from 'preact/hooks';
import css from './Switch.module.css';

/** On or off, at once. `label` names it; in a `Row` give the row's id as `labelledBy` instead. */
export function Switch({ checked, onChange, label, labelledBy, disabled }: { checked: boolean; onChange: (on: boolean) => void; label?: string; labelledBy?: string; disabled?: boolean }) {
  return (
    <input
      type="checkbox"
      role="switch"
      class={css.switch}
      checked={checked}
      disabled={disabled}
      aria-label={label}
      aria-labelledby={labelledBy}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

/** One of a few, all in view: radio buttons in one frame, so arrows and forms work by themselves. */
export function Segmented<V extends string>({ value, options, onChange, label, labelledBy }: { value: V; options: readonly { value: V; label: string; lang?: string }[]; onChange: (value: V) => void; label?: string; labelledBy?: string }) {
  const name = useId();
  return (
    <div class={css.segmented} role="radiogroup" aria-label={label} aria-labelledby={labelledBy}>
      {options.map((option) => (
        <label key={option.value} class={css.segment} lang={option.lang}>
          <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
          <span>{option.label}</span>
        </label>
      ))}
    </div>
  );
}
