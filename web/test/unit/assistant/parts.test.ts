// An answer that is being written is read in parts, so that a piece costs no more at its end than at its beginning.

import { describe, expect, it } from 'vitest';
import { partsOf } from '../../../src/assistant/parts';

describe('the parts of an answer', () => {
  it('end at blank lines', () => {
    expect(partsOf('One.\n\nTwo\nlines.\n\nThree')).toEqual(['One.', 'Two\nlines.', 'Three']);
    expect(partsOf('')).toEqual([]);
    expect(partsOf('\n\n')).toEqual([]);
  });

  it('do not cut code, whatever stands in it', () => {
    const code = '```rust\nfn main() {\n\nlet x = 1;\n\n~~~\n\n}\n```';
    expect(partsOf(`Here:\n\n${code}\n\nDone.`)).toEqual(['Here:', code, 'Done.']);
    expect(partsOf('````\na\n\n```\n\nb\n````\n\nDone.')).toEqual(['````\na\n\n```\n\nb\n````', 'Done.']);
  });

  it('do not cut code that is not closed yet', () => {
    expect(partsOf('~~~\na\n\nb')).toEqual(['~~~\na\n\nb']);
  });

  it('do not cut a list at the blank lines between its items', () => {
    expect(partsOf('1. One\n\n2. Two\n\n   More of two.\n\nDone.')).toEqual(['1. One\n\n2. Two\n\n   More of two.', 'Done.']);
    expect(partsOf('- a\n\n* b')).toEqual(['- a\n\n* b']);
  });

  it('have the same words as the whole, wherever it is cut', () => {
    const whole = 'One.\n\n- a\n\n- b\n\n```\nx\n\ny\n```\n\nEnd.';
    for (let at = 0; at <= whole.length; at += 1) {
      expect(partsOf(whole.slice(0, at)).join('').replace(/\s/g, '')).toBe(whole.slice(0, at).replace(/\s/g, ''));
    }
  });
});
