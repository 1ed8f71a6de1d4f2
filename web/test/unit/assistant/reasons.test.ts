// Sentences of the server about assistants, for readers of Chinese.

import { describe, expect, it } from 'vitest';
import { inChinese } from '../../../src/i18n/zh/reasons';

describe('a sentence of the server in Chinese', () => {
  it('is known by its beginning', () => {
    expect(inChinese('The answer broke off in the middle. Try again.')).toBe('回答中途断开，请重试。');
    expect(inChinese("The assistant's provider cannot be reached. The connection failed: refused. Try again later.")).toBe('无法连接助手的服务商，请稍后再试。');
  });

  it('keeps its numbers and what the provider says', () => {
    expect(inChinese('The provider failed (HTTP 503); try again later. It says: overloaded.')).toBe('服务商出错（HTTP 503），请稍后再试。服务商说：overloaded.');
    expect(inChinese('The question is longer than this assistant takes (about 1,200 tokens, and it has room for 900); ask in parts.')).toContain('约 1,200 个 token，最多 900 个');
  });

  it('stays as it is when it is not known', () => {
    expect(inChinese('Something new.')).toBe('Something new.');
    expect(inChinese('')).toBe('');
  });
});
