// A message that is drawn to the right is answered.

import { describe, expect, it } from 'vitest';
import { swipe } from '../../../src/chat/swipe';

const rowOf = () => ({ style: { translate: '' } }) as HTMLElement;
const at = (row: HTMLElement, x: number, y = 0) =>
  ({ touches: [{ clientX: x, clientY: y }], target: { closest: () => null }, currentTarget: row }) as unknown as TouchEvent & { currentTarget: HTMLElement };

describe('a finger on a row', () => {
  // Each drawing of a row made new handlers that knew nothing of the finger: the row stayed where it was.
  it('answers it, also when the row is drawn again meanwhile', () => {
    const row = rowOf();
    let answered = 0;
    const handlers = () => swipe(() => true, () => { answered += 1; });
    handlers().onTouchStart(at(row, 50));
    handlers().onTouchMove(at(row, 90));
    expect(row.style.translate).toBe('40px');
    handlers().onTouchMove(at(row, 130));
    handlers().onTouchEnd();
    expect(row.style.translate).toBe('');
    expect(answered).toBe(1);
  });

  it('does not move what may not be answered, nor what is scrolled', () => {
    const row = rowOf();
    const answer = () => { throw new Error('answered'); };
    for (const [may, y] of [[false, 0], [true, 40]] as const) {
      const { onTouchStart, onTouchMove, onTouchEnd } = swipe(() => may, answer);
      onTouchStart(at(row, 50));
      onTouchMove(at(row, 60, y));
      onTouchMove(at(row, 130, y));
      expect(row.style.translate).toBe('');
      onTouchEnd();
    }
  });

  it('puts back a row that another finger leaves', () => {
    const [row, other] = [rowOf(), rowOf()];
    const { onTouchStart, onTouchMove } = swipe(() => true, () => undefined);
    onTouchStart(at(row, 50));
    onTouchMove(at(row, 90));
    onTouchStart(at(other, 50));
    expect(row.style.translate).toBe('');
  });
});
