import { effect } from '@preact/signals';
import { actions, store } from '../core';
import { t } from '../i18n';
import { toast } from '../ui';

/** Offers a newer client when it waits; never takes it by itself, because somebody may be writing. */
export function offerUpdates(): () => void {
  let dismiss = (): void => undefined;
  const stop = effect(() => {
    if (!store.updateReady.value) return;
    dismiss = toast({ text: t('common.updateReady'), sticky: true, action: { label: t('common.reload'), onClick: () => actions.update() } });
  });
  return () => {
    stop();
    dismiss();
  };
}
