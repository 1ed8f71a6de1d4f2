// The names of classes in the style sheets that are built.

import { createHash } from 'node:crypto';

/** Which sheet has which mark, so that two never share one. */
const marks = new Map();

/** `.own` of `chat/Message.module.css` is `own` and a short mark of that sheet: the place itself would be a fifteenth of the style sheet. */
export function classOf(name, file) {
  const [, sheet] = /\/src\/(\w+\/\w+)\.module\.css/.exec(file) ?? [];
  if (!sheet) throw new Error(`${file} is no module of styles in a folder of src.`);
  const mark = createHash('sha256').update(sheet).digest('base64url').replace(/[^a-zA-Z]/g, '').slice(0, 3);
  if ((marks.get(mark) ?? sheet) !== sheet) throw new Error(`${sheet} and ${marks.get(mark)} have the same mark; give one another name.`);
  marks.set(mark, sheet);
  return `${name}-${mark}`;
}
