// Events that wait to be taken.

import type { ClientEvent } from './events';

/** Above this, entries stay in the log until there is room again, and other events are dropped (which `missed` says). */
export const QUEUE_MAX = 4_000;

export class Queue {
  private readonly events: ClientEvent[] = [];
  private waiting: Array<{ resolve(result: IteratorResult<ClientEvent>): void; reject(reason: unknown): void }> = [];
  private missed = false;
  private end: { error: unknown } | null = null;

  /** `room`: there is room again. */
  constructor(private readonly room: () => void) {}

  get full(): boolean {
    return this.events.length >= QUEUE_MAX;
  }

  put(event: ClientEvent): void {
    if (this.end) return;
    const next = this.waiting.shift();
    if (next) return next.resolve({ done: false, value: event });
    if (this.full && event.type !== 'message' && event.type !== 'notice') this.missed = true;
    else this.events.push(event);
  }

  /** The end, after what still waits. With an error, whoever takes more gets that. */
  close(error: unknown): void {
    if (this.end) return;
    this.end = { error };
    for (const next of this.waiting.splice(0)) this.finish(next.resolve, next.reject);
  }

  next(): Promise<IteratorResult<ClientEvent>> {
    if (this.missed) {
      this.missed = false;
      return Promise.resolve({ done: false, value: { type: 'missed', conversation: null } });
    }
    const value = this.events.shift();
    if (value) {
      if (this.events.length === QUEUE_MAX / 2) this.room();
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => {
      if (this.end) this.finish(resolve, reject);
      else this.waiting.push({ resolve, reject });
    });
  }

  private finish(resolve: (result: IteratorResult<ClientEvent>) => void, reject: (reason: unknown) => void): void {
    if (this.end?.error) reject(this.end.error);
    else resolve({ done: true, value: undefined });
  }
}
