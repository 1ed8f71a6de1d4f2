// What the parts of the chat that the widget shares find where they ask `src/core`: `vite.embed.config.ts` puts this file in its place.

import { signal } from '@preact/signals';
import type { Me } from '../core/protocol';
import type { Store } from '../core/store';

export { isMessage } from '../core/words';

export const me = signal<Me | null>(null);
export const store: Pick<Store, 'me'> = { me };
