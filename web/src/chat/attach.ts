// What can be sent besides words.

import { actions } from '../core';
import { prepared } from '../core/shrink';
import type { Pane } from './pane';

/** Sends files one after the other, as answers to what is answered. */
export async function sendFiles({ view, thread, replying }: Pane, files: readonly File[]): Promise<void> {
  const caption = { text: '', reply_to: replying.peek()?.seq ?? null };
  for (const file of files) {
    const { blob, kind } = await prepared(file);
    await actions.sendFile({ conversation: view.id }, blob, { name: file.name, caption, ...(kind ? { kind } : {}) });
  }
  replying.value = null;
  void thread.jump('newest');
}
