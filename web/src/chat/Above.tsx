// What stands above the thread: dialogs about one message.

import { textOf } from '../core';
import { t } from '../i18n';
import { ConfirmDialog } from '../ui';
import { recall } from './Message';
import type { Pane } from './pane';

export function Above({ pane }: { pane: Pane }) {
  const dialog = pane.dialog.value;
  const close = () => { pane.dialog.value = null; };
  if (dialog?.kind === 'recall') {
    return <ConfirmDialog danger title={t('chat.recallTitle')} text={t('chat.recallText')} confirm={t('chat.recall')} onConfirm={() => recall(dialog.row)} onClose={close}>{textOf(dialog.row.body)?.text}</ConfirmDialog>;
  }
  return null;
}
