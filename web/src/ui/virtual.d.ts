// Made while building, by scripts/emoji.mjs.
declare module 'virtual:emoji-*' {
  const rows: readonly (readonly [char: string, group: number, name: string, words: string, codes: string])[];
  export default rows;
}
