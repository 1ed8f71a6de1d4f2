// What this device prefers. In localStorage, so that it is there before anything else and all tabs hear of a change.

import { signal } from '@preact/signals';
import type { Preferences } from './model';

const KEY = 'tidings.preferences';

const DEFAULTS: Preferences = {
  theme: 'system', language: 'system', enter: 'send', density: 'comfortable', sound: true, notifications: true, showText: true,
};

type Kept = Pick<Storage, 'getItem' | 'setItem'>;

export class PreferenceStore {
  readonly value = signal<Preferences>(DEFAULTS);

  constructor(private readonly storage: Kept) {
    this.reload();
  }

  /** Another tab may have changed it. */
  reload(): void {
    try {
      this.value.value = { ...DEFAULTS, ...(JSON.parse(this.storage.getItem(KEY) ?? '{}') as Partial<Preferences>) };
    } catch {
      this.value.value = DEFAULTS;
    }
  }

  set(change: Partial<Preferences>): void {
    this.value.value = { ...this.value.peek(), ...change };
    try {
      this.storage.setItem(KEY, JSON.stringify(this.value.peek()));
    } catch {
      // Storage that is full or forbidden: it holds until the page is closed.
    }
  }

  /** Whether a change of the storage by another tab is about this. */
  isAbout(key: string | null): boolean {
    return key === KEY;
  }
}
