// What the widget says of sizes and refusals, and how it reads the chat that a page names.

import { afterEach, expect, test, vi } from 'vitest';
import { Problem } from '../../../src/core/problem';
import { bytes, duration, problemWords, setLanguage } from '../../../src/embed/i18n';
import { placeOf } from '../../../src/embed/place';

/** A page just real enough for a language. */
function speak(language: 'en' | 'zh'): void {
  vi.stubGlobal('document', { documentElement: {}, title: '' });
  vi.stubGlobal('navigator', { languages: ['en'] });
  setLanguage(language);
}
afterEach(() => vi.unstubAllGlobals());

test('a chat is named by its user or its number, and by nothing else', () => {
  expect(placeOf('user:support')).toEqual({ user: 'support' });
  expect(placeOf('user:a:b')).toEqual({ user: 'a:b' });
  expect(placeOf('conversation:7')).toEqual({ conversation: 7 });
  for (const wrong of [null, '', 'support', 'user:', 'conversation:', 'conversation:x', 'conversation:1.5', 'group:7', 'all']) expect(placeOf(wrong), String(wrong)).toBe(null);
});

test('a file that is too large is told with the limit of the server, in both languages', () => {
  const problem = new Problem('too_large', 'The file has 1500000 bytes, and `media_bytes_max` is 1000000 here; send a smaller one.');
  speak('en');
  expect(problemWords(problem)).toBe('The file has 1.5 MB, and at most 1 MB can be sent here.');
  expect(problemWords(new Problem('too_large', 'Something else is too large.'))).toBe('Something else is too large.');
  speak('zh');
  expect(problemWords(problem)).toBe('文件大小为 1.5 MB，此处最多可发送 1 MB。');
  expect(problemWords(new Problem('hook_refused', '$& 不行'))).toContain('$& 不行');
});

test('sizes and lengths are for people', () => {
  speak('en');
  expect([0, 13, 1_500, 40_000, 1_500_000, 3_000_000_000].map(bytes)).toEqual(['0 bytes', '13 bytes', '1.5 kB', '40 kB', '1.5 MB', '3 GB']);
  expect([0, 5_000, 65_000, 600_000].map(duration)).toEqual(['0:00', '0:05', '1:05', '10:00']);
});
