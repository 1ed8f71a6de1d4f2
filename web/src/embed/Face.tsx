// A picture of a person or a group, or the first letter. The picture's address takes the session's token, as all files do.

import { useEffect, useState } from 'preact/hooks';
import type { ConversationId, MediaId, UserId } from '../core/protocol';
import { Avatar } from '../ui/Avatar';
import type { Session } from './session';

/** More than are on a screen. */
const HELD_MAX = 64;
/** Pictures that were asked for, as addresses of this page; those that were shown last come last. */
const asked = new Map<MediaId, Promise<string>>();

function addressOf(session: Session, media: MediaId): Promise<string> {
  const held = asked.get(media);
  if (held) {
    asked.delete(media);
    asked.set(media, held);
    return held;
  }
  // Small ones are enough; a picture without one is small itself.
  const coming = session.file(`/media/${media}/thumbnail`).catch(() => session.file(`/media/${media}/content`)).then((blob) => URL.createObjectURL(blob));
  asked.set(media, coming);
  // The next one who shows it tries again.
  coming.catch(() => asked.delete(media));
  const [oldest] = asked;
  if (asked.size > HELD_MAX && oldest) {
    asked.delete(oldest[0]);
    void oldest[1].then((address) => URL.revokeObjectURL(address), () => undefined);
  }
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
