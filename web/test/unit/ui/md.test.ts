import { beforeAll, describe, expect, it } from 'vitest';
import { type Block, bringReader, type Inline, onlyEmoji, parse, plainText, safeHref } from '../../../src/core/md';

const md = (text: string, mentions: string[] = []) => parse(text, { markdown: true, mentions });
const inlines = (text: string, mentions: string[] = []): Inline[] => {
  const [block] = md(text, mentions);
  return block && 'children' in block ? (block.children as Inline[]) : [];
};
/** Every address that the tree would put into the page. */
function hrefs(blocks: Block[]): string[] {
  const found: string[] = [];
  JSON.stringify(blocks, (name, value) => (name === 'href' && found.push(value), value));
  return found;
}

beforeAll(bringReader);

describe('Markdown', () => {
  it('knows bold, italic, strike and code', () => {
    expect(inlines('**a** *b* ~~c~~ `d`').filter((node) => node.kind !== 'text').map((node) => node.kind)).toEqual(['strong', 'emphasis', 'strike', 'code']);
  });
  it('knows fenced code with its language', () => {
    expect(md('```rust\nfn main() {}\n```')).toEqual([{ kind: 'code', language: 'rust', text: 'fn main() {}' }]);
  });
  it('knows quotes, lists and tasks', () => {
    expect(md('> q')[0]?.kind).toBe('quote');
    expect(md('3. a\n4. b')[0]).toMatchObject({ kind: 'list', start: 3 });
    const [list] = md('- [x] done\n- [ ] open');
    expect(list?.kind === 'list' && list.items.map((item) => item.checked)).toEqual([true, false]);
  });
  it('knows tables', () => {
    expect(md('| a | b |\n|---|--:|\n| 1 | 2 |')[0]).toMatchObject({ kind: 'table', align: [null, 'right'], rows: [[[{ text: '1' }], [{ text: '2' }]]] });
  });
  it('keeps the lines of plain text and marks nothing in it', () => {
    expect(parse('**a**\nb')).toEqual([{ kind: 'paragraph', children: [{ kind: 'text', text: '**a**\nb' }] }]);
  });
});

describe('links', () => {
  it('finds addresses and leaves the sentence alone', () => {
    expect(hrefs(parse('See https://a.example/x_(y). Or (https://b.example)!'))).toEqual(['https://a.example/x_(y)', 'https://b.example']);
    expect(hrefs(parse('看https://a.example/路径，然后'))).toEqual(['https://a.example/路径']);
    expect(hrefs(md('看 https://a.example/b。好'))).toEqual(['https://a.example/b']);
    expect(hrefs(parse('www.a.example and me@a.example'))).toEqual(['https://www.a.example', 'mailto:me@a.example']);
  });
  it('makes a picture of elsewhere a link, so that its server does not see who reads', () => {
    expect(inlines('![cat](https://a.example/cat.png)')).toEqual([{ kind: 'link', href: 'https://a.example/cat.png', children: [{ kind: 'text', text: 'cat' }] }]);
  });
  it('has no links in links', () => {
    expect(hrefs(md('[https://good.example](https://bad.example)'))).toEqual(['https://bad.example']);
  });
});

describe('mentions', () => {
  it('names those who are mentioned and nobody else', () => {
    expect(inlines('@bob, @bobby and @ada', ['bob', 'ada']).filter((node) => node.kind === 'mention')).toEqual([
      { kind: 'mention', user: 'bob' }, { kind: 'mention', user: 'ada' },
    ]);
    expect(parse('@bob你好', { mentions: ['bob'] })[0]).toMatchObject({ children: [{ kind: 'mention', user: 'bob' }, { text: '你好' }] });
  });
  it('takes @all only where the message says so', () => {
    expect(JSON.stringify(parse('@all'))).not.toContain('mention');
    expect(parse('@all', { mention_all: true })[0]).toMatchObject({ children: [{ kind: 'mention', user: null }] });
  });
  it('does not touch code', () => {
    expect(inlines('`@bob`', ['bob'])).toEqual([{ kind: 'code', text: '@bob' }]);
  });
});

describe('hostile input', () => {
  const hostile = [
    '[a](javascript:alert(1))', '[a](JaVaScRiPt:alert(1))', '[a](java\nscript:alert(1))', '[a](\u0001javascript:alert(1))', '[a](&#106;avascript:alert(1))',
    '[a](data:text/html;base64,PHNjcmlwdD4=)', '[a](vbscript:x)', '[a](file:///etc/passwd)', '[a](blob:https://a/1)', '[a](//evil.example)', '[a](/api/v1/me)',
    '![a](javascript:alert(1))', '<javascript:alert(1)>', '[a]: javascript:alert(1)\n[a]', '<a href="javascript:alert(1)">x</a>', '[a](<javascript:alert(1)>)',
    '[![a](javascript:1)](javascript:2)', '[a](javascript&colon;alert(1))', '[a](https&#58;javascript:1)', '[a](\tjavascript:alert(1))',
  ];
  it.each(hostile)('makes no link of %j', (text) => {
    expect(hrefs(md(text))).toEqual([]);
  });
  it('shows HTML as text', () => {
    for (const html of ['<script>alert(1)</script>', '<img src=x onerror=alert(1)>', 'a <b onclick=x>b</b>', '<svg/onload=alert(1)>', '<!-- x -->', '<style>*{}</style>']) {
      const text = plainText(html, { markdown: true });
      expect(text).toContain('<');
      expect(JSON.stringify(md(html))).not.toMatch(/"kind":"(html|link)"/);
    }
  });
  it('takes only three schemes', () => {
    expect(['https://a', 'http://a', 'MAILTO:a@b', 'ftp://a', 'tel:1', 'javascript:1', ' https://a b'].map((href) => safeHref(href) !== null)).toEqual([true, true, true, false, false, false, false]);
  });
  const n = 10_000;
  const heavy: [string, string][] = [
    ['quotes', '>'.repeat(n)], ['quotes with blanks', '> '.repeat(n)], ['lists', '- '.repeat(n)], ['mixed', '> - 1. '.repeat(n)], ['brackets', '['.repeat(n)],
    ['nested links', `${'['.repeat(n)}a${']'.repeat(n)}`], ['stars', '*'.repeat(n)], ['star words', '**a'.repeat(n)], ['underscores', '_a_b'.repeat(n)],
    ['balanced stars', `${'*'.repeat(n)}a${'*'.repeat(n)}`], ['back ticks', '` a'.repeat(n)], ['pictures', '![]('.repeat(n)], ['tags', '<a '.repeat(n)],
    ['tables', `${'|a'.repeat(n)}\n${'|-'.repeat(n)}`], ['deep list', Array.from({ length: 300 }, (_, i) => `${' '.repeat(i * 2)}- a`).join('\n')],
    ['one line of a megabyte', 'a'.repeat(1 << 20)], ['a megabyte of addresses', 'http://a '.repeat(116_000)], ['a megabyte of dots', 'a.'.repeat(1 << 19)],
    ['a megabyte of mails', 'a@a.'.repeat(1 << 18)], ['addresses', 'http://a '.repeat(7200)], ['mails', 'a@a.'.repeat(16_000)], ['blanks', `${' '.repeat(1 << 20)}a`], ['lines', '\n'.repeat(1 << 20)], ['closing brackets', `http://a${')'.repeat(2000)}`],
  ];
  it.each(heavy)('reads %s in less than 50 ms', (_, text) => {
    md('warm *up*');
    const times = [0, 1, 2].map(() => {
      const start = performance.now();
      md(text);
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  });
});

it('knows when there is nothing but emoji', () => {
  expect(['👍', '👍🏽 🎉', '👨‍👩‍👧‍👦', '🇨🇳🇩🇪', '❤️', '1️⃣'].every(onlyEmoji)).toBe(true);
  expect(['', 'a👍', '👍👍👍👍', '123', '#'].some(onlyEmoji)).toBe(false);
});

it('gives the words alone for the list', () => {
  expect(plainText('**Hi**, see [docs](https://a.example)\n\n- one\n- two', { markdown: true })).toBe('Hi, see docs one two');
});
