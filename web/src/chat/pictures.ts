// Pictures that a post names: which there are, and where this server hands them on.

import { signal } from '@preact/signals';
import { ask, type Row } from '../core';
import type { Post, PostImage } from '../core/protocol';

/** In the order in which the server numbers them, as `Post::pictures` there; `tests/vectors/pictures.json` holds the two together. */
export function picturesOf(post: Post): PostImage[] {
  const images = [
    ...post.blocks.map((part) => ('image' in part ? part.image : 'section' in part ? part.section.image : null)),
    ...post.attachments.flatMap(({ image, thumb }) => [image, thumb]),
  ];
  return images.filter((image) => image != null);
}

/** The address of each. An edited post has other ones, so that no picture of the old one is shown for it. */
export function addressesOf({ conversation, seq, edited_at }: Row, post: Post): Map<PostImage, string> {
  if (seq === null) return new Map();
  const folder = `/api/v1/conversations/${conversation}/entries/${seq}/pictures/`;
  const edit = edited_at === null ? '' : `?edited=${edited_at}`;
  return new Map(picturesOf(post).map((image, index) => [image, `${folder}${index + 1}${edit}`]));
}

const offered = signal(true);
let asked = false;

/** Whether this server fetches pictures of others at all; it is asked once. */
export function offersPictures(): boolean {
  if (!asked) {
    asked = true;
    ask<{ pictures?: boolean }>('GET', '/server').then(({ pictures }) => { offered.value = pictures !== false; }, () => { asked = false; });
  }
  return offered.value;
}
