import { signal } from '@preact/signals';

/** Whether the details of the open conversation are shown beside it. */
export const detailsOpen = signal(false);

/** What the shell shows above all: going to a chat, or the keys that can be pressed. */
export const overlay = signal<'switcher' | 'keys' | null>(null);

/** What was typed for the switcher before it was there. */
export const early = signal('');

/** The chat that is opened next begins with its search. */
export const searchNext = signal(false);
