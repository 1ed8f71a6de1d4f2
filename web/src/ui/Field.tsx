// Everything that is typed or chosen in a form: a label above, a hint or an error below, tied together for screen readers.

import type { ComponentChildren, LooseInputHTMLAttributes, Ref, TextareaHTMLAttributes } from 'preact';
import { useId, useState } from 'preact/hooks';
import { t } from '../i18n';
import { IconButton } from './Button';
import { cx } from './cx';
import css from './Field.module.css';
import { Icon, type IconName } from './Icon';

interface Frame {
  label: string;
  /** The label is for screen readers alone; something visible must say the same. */
  hideLabel?: boolean | undefined;
  hint?: ComponentChildren;
  /** What is wrong and how to cure it; announced when it appears, in the place of the hint. */
  error?: ComponentChildren;
  optional?: boolean | undefined;
}

/** Ids for one field, and what its control needs to point to its words. */
function useFrame({ hint, error }: Pick<Frame, 'hint' | 'error'>) {
  const id = useId();
  const describedBy = error ? `${id}-error` : hint ? `${id}-hint` : undefined;
  return { id, control: { id, 'aria-describedby': describedBy, 'aria-invalid': error ? true : undefined } };
}

function Framed({ id, label, hideLabel, hint, error, optional, children }: Frame & { id: string; children: ComponentChildren }) {
  return (
    <div class={css.field}>
      <label class={hideLabel ? 'hidden-text' : css.label} for={id}>
        {label}
        {optional && <span class={css.optional}> ({t('common.optional')})</span>}
      </label>
      {children}
      {error && <p id={`${id}-error`} class={css.error} role="alert">{error}</p>}
      {hint && !error && <p id={`${id}-hint`} class={css.hint}>{hint}</p>}
    </div>
  );
}

interface FieldProps extends Frame, Omit<LooseInputHTMLAttributes<HTMLInputElement>, 'label' | 'size' | 'icon' | 'onInput' | 'value'> {
  value: string;
  onInput: (value: string, event: InputEvent) => void;
  icon?: IconName | undefined;
  size?: 'medium' | 'small' | undefined;
  /** A control inside the field, at its end. */
  after?: ComponentChildren;
  inputRef?: Ref<HTMLInputElement> | undefined;
}

/** One line of text. */
export function Field({ label, hideLabel, hint, error, optional, value, onInput, icon, after, size, inputRef, class: className, ...rest }: FieldProps) {
  const { id, control } = useFrame({ hint, error });
  return (
    <Framed {...{ id, label, hideLabel, hint, error, optional }}>
      <div class={css.box}>
        {icon && <span class={css.before}><Icon name={icon} /></span>}
        <input
          {...(rest as object)}
          {...control}
          {...(inputRef ? { ref: inputRef } : {})}
          class={cx(css.input, size === 'small' && css.small, Boolean(after) && css.withAfter, className as string)}
          value={value}
          onInput={(event) => onInput(event.currentTarget.value, event)}
        />
        {after && <span class={css.after}>{after}</span>}
      </div>
    </Framed>
  );
}

/** A password that can be shown. Pasting and password managers work. */
export function PasswordField(props: Omit<FieldProps, 'type' | 'after'>) {
  const [shown, setShown] = useState(false);
  return (
    <Field
      {...props}
      type={shown ? 'text' : 'password'}
      autocapitalize="none"
      spellcheck={false}
      after={
        <IconButton
          icon={shown ? 'eyeOff' : 'eye'}
          label={t(shown ? 'common.hidePassword' : 'common.showPassword')}
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
        />
      }
    />
  );
}

interface TextAreaProps extends Frame, Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'label' | 'onInput' | 'value'> {
  value: string;
  onInput: (value: string) => void;
  /** Shows how many characters are used. */
  limit?: number | undefined;
}

/** Several lines of text. */
export function TextArea({ label, hideLabel, hint, error, optional, value, onInput, limit, class: className, ...rest }: TextAreaProps) {
  const { id, control } = useFrame({ hint, error });
  return (
    <Framed {...{ id, label, hideLabel, hint, error, optional }}>
      <textarea {...rest} {...control} class={cx(css.input, className as string)} value={value} maxlength={limit} onInput={(event) => onInput(event.currentTarget.value)} />
      {limit !== undefined && <span class={css.count} aria-hidden="true">{`${value.length}/${limit}`}</span>}
    </Framed>
  );
}

interface SelectProps<V extends string> extends Frame {
  value: V;
  options: readonly { value: V; label: string }[];
  onChange: (value: V) => void;
  size?: 'medium' | 'small' | undefined;
  disabled?: boolean | undefined;
}

/** One of several, with the control of the platform. */
export function Select<V extends string>({ label, hideLabel, hint, error, optional, value, options, onChange, size, disabled }: SelectProps<V>) {
  const { id, control } = useFrame({ hint, error });
  return (
    <Framed {...{ id, label, hideLabel, hint, error, optional }}>
      <div class={css.box}>
        <select {...control} class={cx(css.input, size === 'small' && css.small)} value={value} disabled={disabled} onChange={(event) => onChange(event.currentTarget.value as V)}>
          {options.map((option) => <option key={option.value} value={option.value}>{option.label}</option>)}
        </select>
        <Icon name="down" size={16} class={css.chevron} />
      </div>
    </Framed>
  );
}
