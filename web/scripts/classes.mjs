// The names of classes in the style sheets that are built.

/** `.own` of `chat/Message.module.css` is `own-chMessage`: short names that tell where they stand are a tenth of the style sheet less. */
export function classOf(name, file) {
  const [, folder, sheet] = /\/src\/(\w\w)\w*\/(\w+)\.module\.css/.exec(file) ?? [];
  if (!folder || !sheet) throw new Error(`${file} is no module of styles in a folder of src.`);
  return `${name}-${folder}${sheet}`;
}
