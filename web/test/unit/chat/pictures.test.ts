import { expect, it } from 'vitest';
import { picturesOf } from '../../../src/chat/pictures';
import type { Post } from '../../../src/core/protocol';
import vectors from '../../../../tests/vectors/pictures.json';

it.each(vectors as unknown as { what: string; post: Post; pictures: string[] }[])('pictures are numbered here as on the server: $what', ({ post, pictures }) => {
  // An absent picture may stand as null or not at all.
  const whole = { ...post, attachments: post.attachments.map((one) => ({ ...one, image: one.image ?? null, thumb: one.thumb ?? null })) };
  expect(picturesOf(whole).map(({ url }) => url)).toEqual(pictures);
});
