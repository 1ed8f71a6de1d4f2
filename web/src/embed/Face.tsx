// A picture of a person or a group, or the first letter. The picture's address takes the session's token, as all files do.

import { useEffect, useState } from 'preact/hooks';
import type { ConversationId, MediaId, UserId } from '../core/protocol';
import { Avatar } from '../ui/Avatar';
import type { Session } from './session';

/** Pictures that were asked for, as addresses of this page. They are few, and stay as long as it does. */
const asked = new Map<MediaId, Promise<string>>();

function addressOf(session: Session, media: MediaId): Promise<string> {
  const held = asked.get(media);
  if (held) return held;
  const coming = session.file(`/media/${media}/content`).then((blob) => URL.createObjectURL(blob));
  asked.set(media, coming);
  // The next one who shows it tries again.
  coming.catch(() => asked.delete(media));
  return coming;
}

interface FaceProps {
  session: Session;
  /** Of a person; none: of a chat. */
  user: UserId | null;
  chat: ConversationId | null;
  name: string;
  size?: number;
  presence?: boolean;
}

export function Face({ session, user, chat, name, size = 40, presence = false }: FaceProps) {
  const state = session.state.value;
  const media = (user !== null ? state?.people.person(user).value.avatar : chat !== null ? state?.conversation(chat).value?.avatar.value : null) ?? null;
  const there = presence && user !== null ? state?.people.presence(user).value?.state : undefined;
  const [src, setSrc] = useState<string | null>(null);
  useEffect(() => {
    setSrc(null);
    if (media === null) return;
    let left = false;
    addressOf(session, media).then((address) => { if (!left) setSrc(address); }, () => undefined);
    return () => { left = true; };
  }, [media]);
  return (
    <Avatar
      id={user ?? chat ?? name} name={name} src={src} size={size} shape={user === null ? 'square' : 'round'}
      presence={there === 'online' ? 'online' : there === 'away' || there === 'busy' ? 'away' : null}
    />
  );
}
