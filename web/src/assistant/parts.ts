// An answer that is being written, in parts: only the last of them is read anew with each piece.

/** At the blank lines outside of fences, where no list goes on. */
export function partsOf(text: string): string[] {
  const parts: string[] = [];
  let part: string[] = [];
  let fence: string | null = null;
  const lines = text.split('\n');
  lines.forEach((line, at) => {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark && (fence === null || mark.startsWith(fence))) fence = fence === null ? mark : null;
    const next = lines[at + 1] ?? '';
    if (fence === null && line.trim() === '' && part.length > 0 && next !== '' && !/^(?:\s|[-*+]|\d+[.)])/.test(next)) {
      parts.push(part.join('\n'));
      part = [];
    } else part.push(line);
  });
  return [...parts, part.join('\n')].filter((each) => each.trim() !== '');
}
