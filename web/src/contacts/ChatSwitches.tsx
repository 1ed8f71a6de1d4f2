import { actions, type ConversationView } from '../core';
import { t } from '../i18n';
import { Row, Switch } from '../ui';

/** Pin and mute of a chat. `change` gets what to do with it, for where it must be opened first. */
export function ChatSwitches({ chat, change }: { chat: ConversationView | null; change: (act: (conversation: number) => Promise<void>) => void }) {
  return (
    <>
      <Row label={t('contacts.pinToTop')}>
        {(id) => <Switch labelledBy={id} checked={chat?.pinned.value ?? false} onChange={(on) => change((conversation) => actions.pin(conversation, on))} />}
      </Row>
      <Row label={t('contacts.mute')} hint={t('contacts.muteHint')}>
        {(id) => <Switch labelledBy={id} checked={chat?.muted.value ?? false} onChange={(on) => change((conversation) => actions.mute(conversation, on ? 'forever' : null))} />}
      </Row>
    </>
  );
}
