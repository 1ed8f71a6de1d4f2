// Ctrl K: to a chat, a person or a page; or into the messages with the words that were typed.

import { useEffect, useState } from 'preact/hooks';
import { actions, type ConversationView, mediaUrl, store } from '../core';
import { t } from '../i18n';
import { go, paths } from '../router';
import { Avatar, Badge, Combobox, Dialog, Icon, toastError } from '../ui';
import { type Found, find } from './find';
import { isAssistant } from '../chat/words';
import { MessageSearch } from './MessageSearch';
import { early, overlay } from './panes';
import css from './Switcher.module.css';

export default function Switcher() {
  const [text, setText] = useState('');
  // The dialog is open now, and has the keys.
  useEffect(() => setText(early.peek()), []);
  const [messages, setMessages] = useState<string | null>(null);
  useEffect(() => {
    if (store.contacts.peek() === null) actions.loadContacts().catch(() => undefined);
  }, []);
  const close = () => {
    overlay.value = null;
  };
  const pick = (found: Found) => {
    if (found.kind === 'messages') {
      setMessages(found.text);
      return;
    }
    close();
    if (found.kind === 'chat') go(isAssistant(found.view) ? paths.assistant(found.view.id) : paths.chat(found.view.id));
    else if (found.kind === 'page') go(found.path);
    else actions.openDirect(found.user).then((conversation) => go(paths.chat(conversation)), toastError);
  };
  return (
    <Dialog title={t('common.quickTitle')} hideTitle flush top width={560} onClose={close}>
      {messages !== null ? (
        <MessageSearch first={messages} onBack={() => setMessages(null)} onDone={close} />
      ) : (
        <Combobox
          label={t('common.quickTitle')}
          placeholder={t('common.quickPlaceholder')}
          value={text}
          onInput={setText}
          options={find(text)}
          keyOf={(found) => found.key}
          render={(found) => <Option found={found} />}
          onPick={pick}
          // A search field would take the first one to empty itself.
          onKeyDown={(event) => { if (event.key === 'Escape') { event.preventDefault(); close(); } }}
        />
      )}
    </Dialog>
  );
}

function Option({ found }: { found: Found }) {
  switch (found.kind) {
    case 'chat': return <Chat view={found.view} />;
    case 'person': {
      const person = store.person(found.user).value;
      return <Line leading={<Avatar id={found.user} name={found.name} size={32} src={person.avatar && mediaUrl(person.avatar)} />} name={found.name} hint={t('common.quickPerson')} />;
    }
    case 'page': return <Line leading={<span class={css.icon}><Icon name="next" /></span>} name={found.label} hint={t('common.quickCommand')} />;
    case 'messages': return <Line leading={<span class={css.icon}><Icon name="search" /></span>} name={t('common.quickMessages', { text: found.text })} hint={t('common.quickMessagesHint')} />;
  }
}

function Chat({ view }: { view: ConversationView }) {
  const group = view.meta.value.kind === 'group';
  const avatar = view.avatar.value;
  return (
    <>
      <Line
        leading={<Avatar id={view.meta.value.peer ?? view.id} name={view.title.value} size={32} shape={group ? 'square' : 'round'} src={avatar && mediaUrl(avatar)} />}
        name={view.title.value}
        hint={t(group ? 'common.quickGroup' : 'common.quickPerson')}
      />
      <Badge count={view.unread.value} muted={view.muted.value} />
    </>
  );
}

function Line({ leading, name, hint }: { leading: preact.ComponentChildren; name: string; hint: string }) {
  return (
    <>
      {leading}
      <span class={css.text}>
        <span class={css.name}>{name}</span>
        <span class={css.hint}>{hint}</span>
      </span>
    </>
  );
}
