import { mediaUrl } from '../core';
import { Avatar } from '../ui';

/** The picture of a group. */
export function GroupFace({ id, title, avatar, size }: { id: number; title: string; avatar: string | null; size?: number }) {
  return <Avatar id={id} name={title} src={avatar ? mediaUrl(avatar) : null} shape="square" {...(size ? { size } : {})} />;
}
