// In the head of a chat with an assistant: its model, and the others, with which a new chat begins.

import { store, type UserId } from '../core';
import { t } from '../i18n';
import { AssistantMenu, begin } from './AssistantMenu';

export default function Models({ assistant }: { assistant: UserId | null }) {
  const chosen = store.assistants.value.find(({ user }) => user === assistant);
  return chosen ? <AssistantMenu head chosen={chosen} label={t('chat.newQuestion')} onPick={(user) => void begin(user)} /> : null;
}
