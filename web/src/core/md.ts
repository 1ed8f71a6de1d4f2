// What people write, as a small tree of known shapes: the only way from a message to the screen. There is no HTML in it, not as text
// that somebody parses and not as a node: what is no Markdown is text. Reading is bounded: `marked` needs time that grows with the
// square of the marks in one paragraph, and a stack as deep as the nesting, so what asks for too much of either is shown as it is.

import { computed, signal } from '@preact/signals';

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'strong' | 'emphasis' | 'strike'; children: Inline[] }
  | { kind: 'code'; text: string }
  /** `href` begins with one of the allowed schemes. */
  | { kind: 'link'; href: string; children: Inline[] }
  /** A user who is named; none is everybody. */
  | { kind: 'mention'; user: string | null }
  | { kind: 'break' };

export type Block =
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'heading'; level: number; children: Inline[] }
  | { kind: 'code'; language: string | null; text: string }
  | { kind: 'quote'; children: Block[] }
  | { kind: 'list'; start: number | null; items: { checked: boolean | null; children: Block[] }[] }
  | { kind: 'table'; align: ('left' | 'right' | 'center' | null)[]; head: Inline[][]; rows: Inline[][][] }
  | { kind: 'rule' };

/** What the message says of its text. */
export interface Source {
  markdown?: boolean;
  mentions?: readonly string[];
  mention_all?: boolean;
}

/** What reads Markdown (`markdown.ts`): its own chunk, because most messages have no marks at all. */
type Reader = (text: string, words: Words) => Block[];
const reader = signal<Reader | null>(null);
/** Whether it is there. */
export const readerReady = computed(() => reader.value !== null);
let coming: Promise<void> | null = null;

/** Brings the reader of Markdown. Whoever has called `parse` in a component is drawn again when it is there. */
export function bringReader(): Promise<void> {
  coming ??= import('./markdown').then(
    ({ read }) => {
      reader.value = read;
    },
    () => {
      // Without a network it is text; the next message asks again.
      coming = null;
    },
  );
  return coming;
}

/** The server takes texts up to this size; what is longer did not come from it, and is shown as it is. */
const TEXT_CHARS_MAX = 65_536;
/** Sum over the paragraphs of the square of their marks: about 30 ms of `marked`. */
const MARKS_COST_MAX = 600_000;
const QUOTE_DEPTH_MAX = 16;
const LIST_INDENT_MAX = 48;

const MARK = /[*_~`[\]<>|!(:@]/g;
const DEEP_QUOTE = new RegExp(`^[ \\t]*(?:(?:>|[-*+]|\\d{1,9}[.)])[ \\t]*){${QUOTE_DEPTH_MAX},}`, 'm');
const DEEP_LIST = new RegExp(`^[ \\t>]{${LIST_INDENT_MAX},}(?:[-*+]|\\d{1,9}[.)])[ \\t]`, 'm');

/** Whether `marked` can read this in good time. */
function readable(text: string): boolean {
  if (DEEP_QUOTE.test(text) || DEEP_LIST.test(text)) return false;
  let cost = 0;
  for (const paragraph of text.split(/\n[ \t]*\n/)) {
    cost += (paragraph.match(MARK)?.length ?? 0) ** 2;
    if (cost > MARKS_COST_MAX) return false;
  }
  return true;
}

/** What may be Markdown: a mark anywhere, one that counts at the start of a line, or a second paragraph. */
const MAYBE = /[*_~`[\]<>|\\&]|^[ \t]*(?:[-+#=]|\d{1,9}[.)])|^(?: {4}|\t)|\n[ \t]*\n/m;

/** Reads a message. Never throws. What asks for the reader of Markdown before it is there is text until it is. */
export function parse(text: string, source: Source = {}): Block[] {
  if (text.length > TEXT_CHARS_MAX) return [{ kind: 'paragraph', children: [{ kind: 'text', text }] }];
  const words = new Words(source);
  if (source.markdown && MAYBE.test(text) && readable(text)) {
    const read = reader.value;
    try {
      if (read) return read(text, words);
      void bringReader();
    } catch {
      // What the reader of Markdown cannot read is text.
    }
  }
  return [{ kind: 'paragraph', children: words.plain(text) }];
}

/** The addresses that a link may have. A browser ignores control characters and blanks at the start: an address has none. */
export function safeHref(href: string): string | null {
  const trimmed = href.trim();
  return /^(?:https?:\/\/|mailto:)[^\s\u0000-\u001f]+$/i.test(trimmed) ? trimmed : null;
}

// Every part has a limit, so that a long line without a match costs its length and not the square of it.
const ADDRESS = String.raw`https?:\/\/[^\s<>"'\u3000-\u303f\uff01-\uff5e]{1,2048}|www\.[\w-]{1,63}\.[^\s<>"'\u3000-\u303f\uff01-\uff5e]{1,2048}`;
const MAIL = String.raw`(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}`;
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Cuts what belongs to the sentence off the end of an address. */
function trimmed(address: string): string {
  let end = address.length;
  // How many brackets close what was not opened in it.
  let loose = address.split(')').length - address.split('(').length;
  for (; end > 0; end--) {
    const last = address[end - 1] ?? '';
    if (last === ')' && loose-- <= 0) break;
    if (!'.,;:!?)]}\'"*_~'.includes(last)) break;
  }
  return address.slice(0, end);
}

/** Finds addresses and mentions in text; knows who is mentioned. */
export class Words {
  private readonly pattern: RegExp;

  constructor(source: Source) {
    const names = [...(source.mentions ?? [])].sort((a, b) => b.length - a.length).map(escaped);
    if (source.mention_all) names.push('all');
    const mention = names.length > 0 ? `@(?<user>${names.join('|')})(?![A-Za-z0-9_-])|` : '';
    this.pattern = new RegExp(`${mention}(?<address>${ADDRESS})|(?<mail>${MAIL})`, 'g');
  }

  /** Text without Markdown: its lines, addresses and mentions. */
  plain(text: string, links = true): Inline[] {
    const out: Inline[] = [];
    const put = (piece: string) => {
      if (piece) out.push({ kind: 'text', text: piece });
    };
    let from = 0;
    this.pattern.lastIndex = 0;
    for (let match = this.pattern.exec(text); match; match = this.pattern.exec(text)) {
      const { user, address, mail } = match.groups ?? {};
      let found = match[0];
      let node: Inline | null = null;
      if (user !== undefined) {
        node = { kind: 'mention', user: user === 'all' ? null : user };
      } else if (links) {
        found = trimmed(found);
        const href = safeHref(address === undefined ? `mailto:${mail}` : found.startsWith('www.') ? `https://${found}` : found);
        if (href) node = { kind: 'link', href, children: [{ kind: 'text', text: found }] };
      }
      if (!node) continue;
      put(text.slice(from, match.index));
      out.push(node);
      from = match.index + found.length;
      this.pattern.lastIndex = from;
    }
    put(text.slice(from));
    return out;
  }
}

/** The words of a message on one line: for the list, quotes and notifications. */
export function plainText(text: string, source: Source = {}): string {
  const inline = (nodes: readonly Inline[]): string =>
    nodes.map((node) => {
      switch (node.kind) {
        case 'text': case 'code': return node.text;
        case 'mention': return `@${node.user ?? 'all'}`;
        case 'break': return ' ';
        default: return inline(node.children);
      }
    }).join('');
  const block = (node: Block): string => {
    switch (node.kind) {
      case 'rule': return '';
      case 'code': return node.text;
      case 'quote': return node.children.map(block).join(' ');
      case 'list': return node.items.map((item) => item.children.map(block).join(' ')).join(' ');
      case 'table': return [node.head, ...node.rows].map((row) => row.map(inline).join(' ')).join(' ');
      default: return inline(node.children);
    }
  };
  return parse(text, source).map(block).join(' ').replace(/\s+/g, ' ').trim();
}

const EMOJI = /^(?:(?:\p{Regional_Indicator}{2}|[#*\d]\ufe0f?\u20e3|(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f?)\p{Emoji_Modifier}?(?:[\u{e0020}-\u{e007f}]{1,8})?(?:\u200d\p{Extended_Pictographic}\ufe0f?\p{Emoji_Modifier}?){0,8})\s*){1,3}$/u;

/** Whether a message is one to three emoji and nothing else: it is shown large then. */
export const onlyEmoji = (text: string): boolean => text.length <= 120 && EMOJI.test(text.trim());
