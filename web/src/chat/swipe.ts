// Answering with a finger: a bubble that is drawn to the right is answered. The list still scrolls up and down (`touch-action: pan-y`).

/** So far it must be drawn, and at most so far it goes. */
const ANSWER_PX = 56;
const FAR_PX = 72;
/** Below this it may still become a tap or a scroll. */
const BEGIN_PX = 10;

/** The row under the one finger. It stands here: a row that is drawn again meanwhile has other handlers, which go on with it. */
let held: { row: HTMLElement; x: number; y: number; far: number } | null = null;

function draw(far: number): void {
  if (!held) return;
  held.far = far;
  held.row.style.translate = far > 0 ? `${far}px` : '';
}

function letGo(): void {
  draw(0);
  held = null;
}

/** The handlers of a row. Only one that may be answered moves. */
export const swipe = (may: () => boolean, answer: () => void) => ({
  onTouchStart({ touches, target, currentTarget: row }: TouchEvent & { currentTarget: HTMLElement }) {
    letGo();
    const touch = touches.length === 1 && touches[0];
    if (touch && may() && !(target as Element).closest('input, pre, [role=group]')) held = { row, x: touch.clientX, y: touch.clientY, far: 0 };
  },
  onTouchMove({ touches }: TouchEvent) {
    const touch = touches[0];
    if (!held || !touch) return;
    const [right, down] = [touch.clientX - held.x, Math.abs(touch.clientY - held.y)];
    if (held.far === 0 && (down > BEGIN_PX || right < 0)) held = null;
    else if (held.far > 0 || right > BEGIN_PX) draw(Math.max(0, Math.min(right, FAR_PX)));
  },
  onTouchEnd() {
    const far = held?.far ?? 0;
    letGo();
    if (far >= ANSWER_PX) answer();
  },
  onTouchCancel: letGo,
});
