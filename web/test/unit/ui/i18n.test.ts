import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytes, list, loadWords, problemWords, rich, setLanguage, t } from '../../../src/i18n';
import en from '../../../src/i18n/en';
import pages from '../../../src/i18n/en/pages';
import auth from '../../../src/i18n/en/auth';
import common from '../../../src/i18n/en/common';
import { day, duration, relative, shortTime } from '../../../src/i18n/time';
import zh from '../../../src/i18n/zh';
import zhPages from '../../../src/i18n/zh/pages';

const english = { ...en, ...pages, auth, common } as Record<string, Record<string, string | Record<string, string>>>;
const chinese = { ...zh, ...zhPages } as typeof english;
const places = (sentence: string | Record<string, string>) => {
  const texts = typeof sentence === 'string' ? [sentence] : Object.values(sentence);
  return [...new Set(texts.flatMap((text) => text.match(/\{\w+\}/g) ?? []))].filter((place) => typeof sentence === 'string' || place !== '{count}').sort();
};

describe('every language', () => {
  it('has every word, with the same places', () => {
    for (const [area, words] of Object.entries(english)) {
      expect(Object.keys(chinese[area] ?? {}).sort(), area).toEqual(Object.keys(words).sort());
      for (const [key, sentence] of Object.entries(words)) expect(places(chinese[area]?.[key] ?? ''), `${area}.${key}`).toEqual(places(sentence));
    }
  });
  it('has no empty sentence and no English left in Chinese by mistake', () => {
    for (const [area, words] of Object.entries(chinese)) {
      for (const [key, sentence] of Object.entries(words)) {
        for (const text of typeof sentence === 'string' ? [sentence] : Object.values(sentence)) {
          expect(text.trim(), `${area}.${key}`).not.toBe('');
          // Four or more English words in a row are a sentence that nobody translated.
          expect(text.replace(/`[^`]*`/g, ''), `${area}.${key}`).not.toMatch(/(?:\b[a-z]{2,}\b[ ,]+){3}\b[a-z]{2,}\b/);
        }
      }
    }
  });
});

describe('words', () => {
  beforeAll(() => setLanguage('en').then(() => Promise.all([loadWords('chats'), loadWords('log-in')])));
  afterAll(() => setLanguage('en'));
  it('take values, numbers and plurals the way of the language', async () => {
    expect(t('common.lastSeen', { time: 'today' })).toBe('Last seen today');
    expect(t('auth.wait', { count: 1 })).toContain('1 second ');
    expect(t('auth.wait', { count: 1200 })).toContain('1,200 seconds');
    await setLanguage('zh');
    expect(t('auth.wait', { count: 1 })).toContain('1 秒');
    await setLanguage('en');
  });
  it('take elements in the middle of a sentence', () => {
    expect(rich('auth.newHere', { link: 'X' })).toEqual(['New here? ', 'X', '']);
  });
  it('leave values alone that look like places', () => {
    expect(t('common.lastSeen', { time: '{time} $1' })).toBe('Last seen {time} $1');
  });
  it('know lists and sizes', () => {
    expect(list(['A', 'B', 'C'])).toMatch(/^A, B,? and C$/);
    expect([bytes(0), bytes(999), bytes(1500), bytes(12_345_678)]).toEqual(['0 bytes', '999 bytes', '1.5 kB', '12 MB']);
  });
  it('say a refusal in Chinese where the language is Chinese', async () => {
    const refusal = Object.assign(new Error('Slow down.'), { code: 'rate_limited' });
    expect(problemWords(refusal)).toBe('Slow down.');
    await setLanguage('zh');
    expect(problemWords(refusal)).toBe('操作过于频繁，请稍后再试。');
    expect(problemWords(new Error('x'))).toBe('x');
    await setLanguage('en');
  });
});

describe('times', () => {
  const now = new Date(2026, 10, 28, 12, 0).getTime();
  const hour = 3_600_000;
  beforeAll(() => setLanguage('en'));
  it('are near or far', () => {
    expect([relative(now - 20_000, now), relative(now - 5 * 60_000, now), relative(now + 26 * hour, now)]).toEqual(['now', '5 minutes ago', 'tomorrow']);
    expect([day(now, now), day(now - 24 * hour, now)]).toEqual(['Today', 'Yesterday']);
    expect(day(now - 400 * 24 * hour, now)).toContain('2025');
    expect(shortTime(now - 3 * 24 * hour, now)).toBe('Wed');
  });
  it('count days by the calendar, not by 24 hours', () => {
    const morning = new Date(2026, 10, 28, 0, 5).getTime();
    expect(day(morning - 10 * 60_000, morning)).toBe('Yesterday');
  });
  it('have a length', () => {
    expect([duration(0), duration(65_000), duration(3_723_000)]).toEqual(['0:00', '1:05', '1:02:03']);
  });
});
