// A message of another system, which came through a webhook: words, parts and boxes. Pictures lie elsewhere and are links, so that
// nothing is fetched from there before somebody wants it.

import type { Row } from '../core';
import type { Post as PostBody, PostAttachment, PostBlock, PostButton, PostImage } from '../core/protocol';
import { hostOf } from '../core/pressing';
import { dateTime } from '../i18n';
import { cx, Icon } from '../ui';
import look from '../ui/Button.module.css';
import { Markdown } from '../ui/Markdown';
import bodies from './Bodies.module.css';
import { Leading, Picture } from './Picture';
import css from './Post.module.css';
import { addressesOf } from './pictures';

/** Where each picture of the post is on this server. */
type Addresses = ReadonlyMap<PostImage, string>;

export function Post({ row, post }: { row: Row; post: PostBody }) {
  const at = addressesOf(row, post);
  return (
    <div class={css.post}>
      {(post.username || post.icon) && <p class={css.title}>{post.icon} {post.username}</p>}
      <Words text={post.text} />
      {post.blocks.map((part, index) => <Part key={index} part={part} at={at} />)}
      {post.attachments.map((box, index) => <Box key={index} box={box} at={at} />)}
    </div>
  );
}

const Words = ({ text }: { text: string }) => (text ? <Markdown text={text} markdown /> : null);

function Part({ part, at }: { part: PostBlock; at: Addresses }) {
  if ('header' in part) return <p class={css.title}>{part.header.text}</p>;
  if ('divider' in part) return <hr />;
  if ('image' in part) return <Picture image={part.image} at={at.get(part.image)} />;
  if ('context' in part) return <div class={bodies.small}>{part.context.elements.map((text, index) => <Words key={index} text={text} />)}</div>;
  if ('buttons' in part) return <Buttons buttons={part.buttons.buttons} />;
  const { text, fields, image } = part.section;
  return (
    <>
      <Words text={text} />
      {fields.length > 0 && <div class={css.fields}>{fields.map((field, index) => <div key={index}><Words text={field} /></div>)}</div>}
      {image && <Picture image={image} at={at.get(image)} small />}
    </>
  );
}

function Box({ box, at }: { box: PostAttachment; at: Addresses }) {
  return (
    <>
      <Words text={box.pretext} />
      <div class={css.box} style={box.color ? { 'border-color': box.color } : {}}>
        {box.author && <p class={bodies.small}><Leading url={box.author_url} words={box.author} /></p>}
        {box.title && <p class={css.title}><Leading url={box.title_url} words={box.title} /></p>}
        <Words text={box.text} />
        {box.fields.length > 0 && (
          <dl class={css.fields}>
            {box.fields.map((field, index) => <div key={index} class={field.short ? undefined : css.whole}><dt class={css.title}>{field.title}</dt><dd><Words text={field.value} /></dd></div>)}
          </dl>
        )}
        {box.image && <Picture image={box.image} at={at.get(box.image)} />}
        {box.thumb && <Picture image={box.thumb} at={at.get(box.thumb)} small />}
        <Buttons buttons={box.buttons} />
        {(box.footer || box.at !== null) && <p class={bodies.small}>{box.footer}{box.footer && box.at !== null && ' · '}{box.at !== null && dateTime(box.at)}</p>}
      </div>
    </>
  );
}

function Buttons({ buttons }: { buttons: PostButton[] }) {
  if (buttons.length === 0) return null;
  return (
    <p class={bodies.buttons}>
      {buttons.map(({ label, url }, index) => (url && hostOf(url) !== null
        ? <a key={index} class={cx(look.button, look.plain, look.small)} href={url} title={url} target="_blank" rel="noopener noreferrer nofollow"><Icon name="link" size={16} /><bdi>{label}</bdi></a>
        : <bdi key={index}>{label}</bdi>))}
    </p>
  );
}
