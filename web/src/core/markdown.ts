// Markdown as a small tree of known shapes, from the tokens of `marked`. Loaded by `md.ts` when the first message needs it.

import { Lexer, type Token, type Tokens } from 'marked';
import { safeHref, type Block, type Inline, type Words } from './md';

const DEPTH_MAX = 40;

/** Reads a text whose cost `md.ts` has looked at. May throw. */
export const read = (text: string, words: Words): Block[] => new Tree(words).blocks(new Lexer({ gfm: true, breaks: true }).lex(text), 0);

const ENTITIES: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&nbsp;': '\u00a0' };
const decoded = (text: string): string => text.replace(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (entity) => ENTITIES[entity] ?? entity);

/** Turns tokens into the tree. */
class Tree {
  constructor(private readonly words: Words) {}

  blocks(tokens: readonly Token[], depth: number): Block[] {
    return tokens.flatMap((token) => this.block(token, depth));
  }

  private block(token: Token, depth: number): Block[] {
    if (depth > DEPTH_MAX) return [{ kind: 'paragraph', children: [{ kind: 'text', text: token.raw }] }];
    switch (token.type) {
      case 'space': case 'def': return [];
      case 'hr': return [{ kind: 'rule' }];
      case 'code': return [{ kind: 'code', language: languageOf((token as Tokens.Code).lang), text: (token as Tokens.Code).text }];
      case 'heading': return [{ kind: 'heading', level: (token as Tokens.Heading).depth, children: this.inlines(token.tokens, depth) }];
      case 'blockquote': return [{ kind: 'quote', children: this.blocks(token.tokens ?? [], depth + 1) }];
      case 'list': return [this.list(token as Tokens.List, depth)];
      case 'table': return [this.table(token as Tokens.Table, depth)];
      case 'checkbox': return [];
      case 'paragraph': case 'text':
        return [{ kind: 'paragraph', children: token.tokens ? this.inlines(token.tokens, depth) : this.words.plain(token.raw) }];
      default: return [{ kind: 'paragraph', children: this.words.plain(token.raw.trim()) }];
    }
  }

  private list(token: Tokens.List, depth: number): Block {
    return {
      kind: 'list',
      start: token.ordered ? Number(token.start) || 0 : null,
      items: token.items.map((item) => ({ checked: item.task ? Boolean(item.checked) : null, children: this.blocks(item.tokens, depth + 1) })),
    };
  }

  private table(token: Tokens.Table, depth: number): Block {
    const cells = (row: Tokens.TableCell[]): Inline[][] => row.map((cell) => this.inlines(cell.tokens, depth));
    return { kind: 'table', align: token.align, head: cells(token.header), rows: token.rows.map(cells) };
  }

  private inlines(tokens: readonly Token[] | undefined, depth: number, links = true): Inline[] {
    return (tokens ?? []).flatMap((token) => this.inline(token, depth + 1, links));
  }

  private inline(token: Token, depth: number, links: boolean): Inline[] {
    if (depth > DEPTH_MAX) return [{ kind: 'text', text: token.raw }];
    switch (token.type) {
      case 'strong': return [{ kind: 'strong', children: this.inlines(token.tokens, depth, links) }];
      case 'em': return [{ kind: 'emphasis', children: this.inlines(token.tokens, depth, links) }];
      case 'del': return [{ kind: 'strike', children: this.inlines(token.tokens, depth, links) }];
      case 'codespan': return [{ kind: 'code', text: (token as Tokens.Codespan).text }];
      case 'br': return [{ kind: 'break' }];
      case 'escape': return [{ kind: 'text', text: (token as Tokens.Escape).text }];
      case 'checkbox': return [];
      case 'link': return this.link(token as Tokens.Link, depth, links);
      // A picture from elsewhere would tell that server who reads: it is a link.
      case 'image': return this.picture(token as Tokens.Image, links);
      case 'text': return token.tokens ? this.inlines(token.tokens, depth, links) : this.words.plain(decoded((token as Tokens.Text).text), links);
      default: return this.words.plain(token.raw, links);
    }
  }

  private link(token: Tokens.Link, depth: number, links: boolean): Inline[] {
    // Addresses that were found in the text are cut by our own rules, which know where Chinese sentences end.
    if (!token.raw.startsWith('[')) return this.words.plain(token.raw.replace(/^<|>$/g, ''), links);
    const children = this.inlines(token.tokens, depth, false);
    const href = links ? safeHref(token.href) : null;
    if (!href) return children.length > 0 ? children : [{ kind: 'text', text: token.raw }];
    return [{ kind: 'link', href, children: children.length > 0 ? children : [{ kind: 'text', text: href }] }];
  }

  private picture(token: Tokens.Image, links: boolean): Inline[] {
    const href = links ? safeHref(token.href) : null;
    const words: Inline = { kind: 'text', text: token.text || token.href };
    return [href ? { kind: 'link', href, children: [words] } : words];
  }
}

/** The name of a language as it stands after the fence: the first word of known letters. */
function languageOf(info: string | undefined): string | null {
  return /^[\w+#.-]{1,32}/.exec(info ?? '')?.[0] ?? null;
}
