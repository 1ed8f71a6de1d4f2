import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Badge } from './Badge';
import css from './Tabs.module.css';

interface TabsProps<V extends string> {
  label: string;
  value: V;
  tabs: readonly { value: V; label: string; count?: number }[];
  onChange: (value: V) => void;
  /** The panel of the chosen tab. */
  children: ComponentChildren;
}

/** Tabs with the panel of the chosen one. Arrows move and choose at once; Tab goes on into the panel. */
export function Tabs<V extends string>({ label, value, tabs, onChange, children }: TabsProps<V>) {
  const id = useId();
  const step = (event: KeyboardEvent & { currentTarget: HTMLElement }) => {
    const now = tabs.findIndex((tab) => tab.value === value);
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const next = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    onChange(next.value);
    document.getElementById(`${id}-${next.value}`)?.focus();
  };
  return (
    <>
      <div class={css.tabs} role="tablist" aria-label={label} onKeyDown={step}>
        {tabs.map((tab) => (
          <button
            key={tab.value}
            id={`${id}-${tab.value}`}
            type="button"
            role="tab"
            class={css.tab}
            aria-selected={tab.value === value}
            aria-controls={`${id}-panel`}
            tabIndex={tab.value === value ? 0 : -1}
            onClick={() => onChange(tab.value)}
          >
            {tab.label}
            {tab.count ? <Badge count={tab.count} /> : null}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${value}`}>{children}</div>
    </>
  );
}
