import type { ComponentChildren } from 'preact';
import { problemWords } from '../i18n';
import { Button } from '../ui';
import css from './Form.module.css';

interface FormProps {
  /** The words on the button. */
  submit: string;
  busy: boolean;
  /** Nothing to send, or something is missing. */
  disabled: boolean;
  problem: unknown;
  onSubmit: () => void;
  children: ComponentChildren;
  /** Beside the button. */
  more?: ComponentChildren;
}

/** Fields, why it did not work, and the button. */
export function Form({ submit, busy, disabled, problem, onSubmit, children, more }: FormProps) {
  return (
    <form
      class={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!disabled && !busy) onSubmit();
      }}
    >
      {children}
      {problem !== null && <p class={css.error} role="alert">{problemWords(problem)}</p>}
      <div class={css.buttons}>
        <Button type="submit" kind="primary" busy={busy} disabled={disabled}>{submit}</Button>
        {more}
      </div>
    </form>
  );
}
