// What was pressed under messages of bots, until the bot has changed the message or said something. How a press is told to the server is
// given; nothing of it is kept on the device.

import { signal } from '@preact/signals';
import type { Row } from './model';
import { problemOf, type Problem } from './problem';

/** How long a bot is waited for before one is told that it says nothing. */
const PATIENCE_MS = 10_000;

export interface Pressed {
  button: string;
  /** How the message was when it was pressed, and the newest entry of then. */
  editedAt: number | null;
  newest: number;
  state: 'waiting' | 'silent' | 'refused';
  problem: Problem | null;
}

export class Pressing {
  /** By the row's id. Rows come and go with the scrolling, so it is kept here. */
  private readonly held = signal<ReadonlyMap<string, Pressed>>(new Map());

  constructor(private readonly tell: (row: Row, button: string) => Promise<unknown>) {}

  /** What was pressed of a message and is not answered; `rows` are those of its thread. */
  of(row: Row): Pressed | undefined {
    return this.held.value.get(row.id);
  }

  async press(row: Row, rows: readonly Row[], button: string): Promise<void> {
    const newest = rows.findLast(({ seq }) => seq !== null)?.seq ?? 0;
    const now: Pressed = { button, editedAt: row.edited_at, newest, state: 'waiting', problem: null };
    this.set(row.id, now);
    const later = (state: Pressed['state'], problem: Problem | null = null) => {
      if (this.held.peek().get(row.id) === now) this.set(row.id, { ...now, state, problem });
    };
    try {
      await this.tell(row, button);
      setTimeout(() => later('silent'), PATIENCE_MS);
    } catch (error) {
      later('refused', problemOf(error));
    }
  }

  /** It is answered: nothing waits any more. */
  done(row: Row): void {
    this.set(row.id, null);
  }

  private set(id: string, pressed: Pressed | null): void {
    const next = new Map(this.held.peek());
    if (pressed) next.set(id, pressed);
    else next.delete(id);
    this.held.value = next;
  }
}

/** Whether the author of a message has done anything since it was pressed. */
export const isAnswered = (row: Row, rows: readonly Row[], { editedAt, newest }: Pressed): boolean =>
  row.edited_at !== editedAt || rows.some(({ seq, author, message }) => message && author === row.author && (seq ?? 0) > newest);

/** The host of an address of the web, as every browser reads it; nothing of any other. */
export function hostOf(url: string): string | null {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) return null;
  return new URL(url).host;
}
