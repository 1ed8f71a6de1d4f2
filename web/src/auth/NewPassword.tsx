import { t } from '../i18n';
import { PasswordField } from '../ui';
import { cx } from '../ui/cx';
import css from './Frame.module.css';
import { PASSWORD_CHARS_MAX, type Strength, strength } from './rules';

const WORDS = { weak: 'common.strengthWeak', fair: 'common.strengthFair', good: 'common.strengthGood' } as const;

/** A password to be: it can be shown, and says how strong it is. */
export function NewPassword({ label, value, onInput, error, least }: { label: string; value: string; onInput: (value: string) => void; error: string | null; least: number }) {
  const strong: Strength = strength(value, least);
  return (
    <div>
      <PasswordField
        label={label}
        value={value}
        onInput={onInput}
        error={error}
        autocomplete="new-password"
        maxlength={PASSWORD_CHARS_MAX}
        hint={strong === 'none' ? t('auth.passwordHint', { count: least }) : t(WORDS[strong])}
      />
      <div class={cx(css.meter, css[strong])} aria-hidden="true"><i /><i /><i /></div>
    </div>
  );
}
