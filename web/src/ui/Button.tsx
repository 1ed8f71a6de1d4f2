import type { ButtonHTMLAttributes, ComponentChildren, Ref } from 'preact';
import css from './Button.module.css';
import { cx } from './cx';
import { Icon, type IconName } from './Icon';
import { Spinner } from './Spinner';

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'size' | 'icon' | 'disabled'> {
  kind?: 'primary' | 'plain' | 'quiet' | 'danger' | 'dangerSolid';
  size?: 'small' | 'medium' | 'large';
  wide?: boolean;
  icon?: IconName;
  /** What was begun is on its way: it turns, keeps its place and its focus, and takes no second click. */
  busy?: boolean;
  disabled?: boolean;
  children: ComponentChildren;
}

/** A button with words. Disabled ones keep the focus, so that a keyboard does not lose its place. */
export function Button({ kind = 'plain', size = 'medium', wide, icon, busy, disabled, children, class: className, onClick, type = 'button', ...rest }: ButtonProps) {
  const idle = !busy && !disabled;
  return (
    <button
      {...rest}
      type={idle || type !== 'submit' ? type : 'button'}
      class={cx(css.button, css[kind], css[size], wide && css.wide, className as string)}
      aria-disabled={!idle || undefined}
      aria-busy={busy || undefined}
      onClick={idle ? onClick : undefined}
    >
      {busy ? <Spinner size={16} /> : icon && <Icon name={icon} size={18} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'size' | 'icon' | 'label'> {
  icon: IconName;
  /** What it does; the name for screen readers and the tooltip. */
  label: string;
  size?: 'small' | 'medium' | 'large';
  buttonRef?: Ref<HTMLButtonElement>;
  children?: ComponentChildren;
}

/** A button that is an icon. */
export function IconButton({ icon, label, size = 'medium', class: className, type = 'button', buttonRef, children, ...rest }: IconButtonProps) {
  return (
    <button
      title={label}
      {...rest}
      {...(buttonRef ? { ref: buttonRef } : {})}
      type={type}
      aria-label={label}
      class={cx(css.icon, size === 'small' && css.iconSmall, size === 'large' && css.iconLarge, className as string)}
    >
      <Icon name={icon} size={size === 'small' ? 16 : 20} />
      {children}
    </button>
  );
}
