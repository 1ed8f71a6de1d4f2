// Answering with a finger: a bubble that is drawn to the right is answered. The list still scrolls up and down (`touch-action: pan-y`).

/** So far it must be drawn, and at most so far it goes. */
const ANSWER_PX = 56;
const FAR_PX = 72;
/** Below this it may still become a tap or a scroll. */
const BEGIN_PX = 10;

/** The handlers of a row. */
export function swipe(answer: () => void) {
  let begin: { x: number; y: number } | null = null;
  let drawn = 0;
  const draw = (row: HTMLElement, far: number) => {
    drawn = far;
    row.style.translate = far > 0 ? `${far}px` : '';
  };
  return {
    onTouchStart(event: TouchEvent) {
      const touch = event.touches.length === 1 ? event.touches[0] : undefined;
      begin = touch && !(event.target as Element).closest('input, pre, [role=group]') ? { x: touch.clientX, y: touch.clientY } : null;
    },
    onTouchMove(event: TouchEvent & { currentTarget: HTMLElement }) {
      const touch = event.touches[0];
      if (!begin || !touch) return;
      const [right, down] = [touch.clientX - begin.x, Math.abs(touch.clientY - begin.y)];
      if (drawn === 0 && (down > BEGIN_PX || right < 0)) begin = null;
      else if (drawn > 0 || right > BEGIN_PX) draw(event.currentTarget, Math.max(0, Math.min(right, FAR_PX)));
    },
    onTouchEnd(event: TouchEvent & { currentTarget: HTMLElement }) {
      if (drawn >= ANSWER_PX) answer();
      draw(event.currentTarget, 0);
      begin = null;
    },
    onTouchCancel(event: TouchEvent & { currentTarget: HTMLElement }) {
      draw(event.currentTarget, 0);
      begin = null;
    },
  };
}
