import { mediaUrl, store, type UserId } from '../core';
import { Avatar } from '../ui';

/** The picture of a user, with a dot when they are there. */
export function Face({ user, size = 40, presence = true }: { user: UserId; size?: number; presence?: boolean }) {
  const person = store.person(user).value;
  const state = presence ? store.presence(user).value?.state : undefined;
  return (
    <Avatar
      id={user}
      name={person.name}
      src={person.avatar ? mediaUrl(person.avatar) : null}
      size={size}
      shape={person.kind === 'person' ? 'round' : person.kind === 'assistant' ? 'spark' : 'square'}
      presence={state === 'online' ? 'online' : state === 'away' || state === 'busy' ? 'away' : null}
    />
  );
}
