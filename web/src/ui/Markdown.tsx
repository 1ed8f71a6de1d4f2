// A message as elements. What `md.parse` does not know is text, and there is no other way in: no HTML sink exists in this client.

import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { type Block, type Inline, onlyEmoji, parse, readerReady, type Source } from '../core/md';
import { t } from '../i18n';
import { cx } from './cx';
import { Icon } from './Icon';
import css from './Markdown.module.css';
import { useCopied } from './useCopied';

interface MarkdownProps extends Source {
  text: string;
  /** Stands on the ground of an own bubble. */
  own?: boolean;
  /** How a mentioned user is called; none is everybody. */
  nameOf?: (user: string | null) => string;
  /** Where a mention leads. */
  hrefOf?: (user: string) => string;
  /** Who reads: a mention of them stands out. */
  me?: string | null;
  /** The foot of a bubble, which floats at the end of the last line. */
  children?: ComponentChildren;
}

type Context = Pick<MarkdownProps, 'nameOf' | 'hrefOf' | 'me'>;

/** The words of a message: Markdown or plain, with links and mentions. */
export function Markdown({ text, markdown = false, mentions, mention_all = false, own, nameOf, hrefOf, me, children }: MarkdownProps) {
  const names = mentions?.join('\n');
  const ready = readerReady.value;
  const blocks = useMemo(
    () => parse(text, { markdown, mention_all, mentions: names ? names.split('\n') : [] }),
    [text, markdown, mention_all, names, ready],
  );
  return (
    <div class={cx(css.text, own && css.own, onlyEmoji(text) && css.large)}>
      {blocks.map((node, index) => block(node, index, { nameOf, hrefOf, me } as Context))}
      {children}
    </div>
  );
}

function block(node: Block, key: number, context: Context): ComponentChildren {
  const inner = (nodes: readonly Inline[]) => nodes.map((child, index) => inline(child, index, context));
  const inside = (nodes: readonly Block[]) => nodes.map((child, index) => block(child, index, context));
  switch (node.kind) {
    case 'paragraph': return <p key={key}>{inner(node.children)}</p>;
    case 'heading': {
      // Below the headings of the page.
      const Tag = (['h3', 'h4', 'h5'] as const)[Math.min(node.level, 3) - 1] ?? 'h5';
      return <Tag key={key}>{inner(node.children)}</Tag>;
    }
    case 'code': return <Code key={key} language={node.language} text={node.text} />;
    case 'quote': return <blockquote key={key}>{inside(node.children)}</blockquote>;
    case 'rule': return <hr key={key} />;
    case 'list': {
      const items = node.items.map((item, index) => (
        <li key={index} class={item.checked === null ? undefined : css.task}>
          {item.checked !== null && (
            <span class={cx(css.box, item.checked && css.checked)} role="img" aria-label={t(item.checked ? 'common.done' : 'common.no')}>
              {item.checked && <Icon name="check" size={12} />}
            </span>
          )}
          {item.checked === null ? inside(item.children) : <div>{inside(item.children)}</div>}
        </li>
      ));
      return node.start === null ? <ul key={key}>{items}</ul> : <ol key={key} start={node.start}>{items}</ol>;
    }
    case 'table':
      return (
        // A wide table scrolls by itself, with the keyboard too.
        <div key={key} class={css.scroll} tabIndex={0} role="group" aria-label={node.head.map((cell) => words(cell)).join(', ')}>
          <table>
            <thead><tr>{node.head.map((cell, index) => <th key={index} style={{ textAlign: node.align[index] ?? 'left' }}>{inner(cell)}</th>)}</tr></thead>
            <tbody>
              {node.rows.map((row, line) => (
                <tr key={line}>{row.map((cell, index) => <td key={index} style={{ textAlign: node.align[index] ?? 'left' }}>{inner(cell)}</td>)}</tr>
              ))}
            </tbody>
          </table>
        </div>
      );
  }
}

const words = (nodes: readonly Inline[]): string => nodes.map((node) => ('text' in node ? node.text : 'children' in node ? words(node.children) : '')).join('');

function inline(node: Inline, key: number, context: Context): ComponentChildren {
  const inner = (nodes: readonly Inline[]) => nodes.map((child, index) => inline(child, index, context));
  switch (node.kind) {
    case 'text': return node.text;
    case 'strong': return <strong key={key}>{inner(node.children)}</strong>;
    case 'emphasis': return <em key={key}>{inner(node.children)}</em>;
    case 'strike': return <del key={key}>{inner(node.children)}</del>;
    case 'code': return <code key={key} class={css.inline}>{node.text}</code>;
    case 'break': return <br key={key} />;
    case 'link': return <a key={key} href={node.href} target="_blank" rel="noopener noreferrer nofollow">{inner(node.children)}</a>;
    case 'mention': {
      const name = `@${context.nameOf?.(node.user) ?? node.user ?? 'all'}`;
      const style = cx(css.mention, (node.user === null || node.user === context.me) && css.me);
      return node.user !== null && context.hrefOf ? <a key={key} class={style} href={context.hrefOf(node.user)}>{name}</a> : <span key={key} class={style}>{name}</span>;
    }
  }
}

/** Code with its language and a button that copies it. */
function Code({ language, text }: { language: string | null; text: string }) {
  const [copied, copy] = useCopied();
  return (
    <div class={css.code}>
      <div class={css.bar}>
        <span>{language ?? t('common.codeLanguage')}</span>
        <button type="button" class={css.copy} onClick={() => copy(text)}>
          <Icon name={copied ? 'check' : 'copy'} size={14} />
          <span aria-live="polite">{t(copied ? 'common.copied' : 'common.copy')}</span>
        </button>
      </div>
      <pre tabIndex={0}><code>{text}</code></pre>
    </div>
  );
}
