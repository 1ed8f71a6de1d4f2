// What stands in the field while a message is edited, and after it.

import { expect, test } from 'vitest';
import { fieldFor } from '../../../src/chat/edited';
import type { Row } from '../../../src/core/model';

const row = (text: string): Row => ({ body: { text: { text } } }) as unknown as Row;

test('what was written before is there again when nothing is edited any more, also when something is answered then', () => {
  const [one, other] = [row('an old message'), row('another')];
  const draft = () => 'By the way';
  expect(fieldFor(null, one, draft)).toBe('an old message');
  expect(fieldFor(one, other, draft)).toBe('another');
  expect(fieldFor(one, null, draft)).toBe('By the way');
  expect(fieldFor(one, null, () => '')).toBe('');
  expect(fieldFor(null, null, draft)).toBe(null);
  expect(fieldFor(one, one, draft)).toBe(null);
});
