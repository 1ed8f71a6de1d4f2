import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../../../src/core/problem';
import { LEASE_MS, Tabs, type Channel, type TabsWorld } from '../../../src/core/tabs';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A browser: what its tabs share. */
class Browser {
  readonly channels = new Set<Channel>();
  readonly kept = new Map<string, string>();
  private readonly queue: Array<() => Promise<void>> = [];
  private held = false;

  constructor(private readonly withLocks: boolean) {}

  world(id: string): TabsWorld {
    return {
      id,
      now: () => Date.now(),
      locks: this.withLocks ? ({ request: (_name: string, hold: () => Promise<void>) => this.request(hold) } as never) : null,
      storage: {
        getItem: (key) => this.kept.get(key) ?? null,
        setItem: (key, value) => void this.kept.set(key, value),
        removeItem: (key) => void this.kept.delete(key),
      },
      channel: () => {
        const channel: Channel = {
          onmessage: null,
          postMessage: (message) => {
            const data: unknown = structuredClone(message);
            for (const other of this.channels) if (other !== channel) setTimeout(() => other.onmessage?.({ data } as MessageEvent), 1);
          },
          close: () => void this.channels.delete(channel),
        };
        this.channels.add(channel);
        return channel;
      },
    };
  }

  private request(hold: () => Promise<void>): Promise<void> {
    return new Promise((done) => {
      this.queue.push(() => hold().then(done));
      this.next();
    });
  }

  private next(): void {
    if (this.held) return;
    const turn = this.queue.shift();
    if (!turn) return;
    this.held = true;
    void turn().then(() => {
      this.held = false;
      this.next();
    });
  }
}

function tab(browser: Browser, id: string) {
  const log: string[] = [];
  const served: string[] = [];
  let answer: (call: string) => Promise<unknown> = async (call) => `${id} answers ${call}`;
  const tabs = new Tabs<string, string>(browser.world(id), {
    lead: () => void log.push('lead'),
    unlead: () => void log.push('unlead'),
    serve: (call, from) => {
      served.push(`${from}: ${call}`);
      return answer(call);
    },
    heard: (event) => void log.push(event),
    led: () => void log.push('led'),
    left: (gone) => void log.push(`left ${gone}`),
  });
  tabs.start();
  return { tabs, log, served, answers: (next: typeof answer) => (answer = next) };
}

describe.each([['Web Locks', true], ['a lease', false]])('tabs with %s', (_name, withLocks) => {
  it('have exactly one that leads, and hear what happens from it', async () => {
    const browser = new Browser(withLocks);
    const [a, b, c] = [tab(browser, 'a'), tab(browser, 'b'), tab(browser, 'c')];
    await vi.advanceTimersByTimeAsync(3_000);
    const all = [a, b, c];
    expect(all.filter(({ tabs }) => tabs.leads)).toHaveLength(1);
    const leader = all.find(({ tabs }) => tabs.leads)!;
    leader.tabs.tell(['something happened']);
    await vi.advanceTimersByTimeAsync(10);
    for (const other of all) expect(other.log.includes('something happened')).toBe(other !== leader);
  });

  it('ask the one that leads, refusals included', async () => {
    const browser = new Browser(withLocks);
    const a = tab(browser, 'a');
    await vi.advanceTimersByTimeAsync(1_500);
    const b = tab(browser, 'b');
    await vi.advanceTimersByTimeAsync(1_500);
    const answer = b.tabs.ask('x');
    await vi.advanceTimersByTimeAsync(10);
    await expect(answer).resolves.toBe('a answers x');
    expect(a.served).toEqual(['b: x']);
    a.answers(() => Promise.reject(new Problem('blocked', 'They want no messages.', 5)));
    const refused = b.tabs.ask('y');
    const expected = expect(refused).rejects.toMatchObject({ code: 'blocked', message: 'They want no messages.', retryAfterMs: 5 });
    await vi.advanceTimersByTimeAsync(10);
    await expected;
  });

  it('take over when it goes, with what it left unanswered', async () => {
    const browser = new Browser(withLocks);
    const a = tab(browser, 'a');
    await vi.advanceTimersByTimeAsync(1_500);
    const b = tab(browser, 'b');
    await vi.advanceTimersByTimeAsync(1_500);
    a.answers(() => new Promise(() => undefined));
    const answer = b.tabs.ask('x');
    await vi.advanceTimersByTimeAsync(100);
    a.tabs.close();
    await vi.advanceTimersByTimeAsync(LEASE_MS + 2_000);
    expect(b.tabs.leads).toBe(true);
    await expect(answer).resolves.toBe('b answers x');
  });

  it('tell the one that leads who has gone', async () => {
    const browser = new Browser(withLocks);
    const a = tab(browser, 'a');
    await vi.advanceTimersByTimeAsync(1_500);
    const b = tab(browser, 'b');
    await vi.advanceTimersByTimeAsync(1_500);
    b.tabs.close();
    await vi.advanceTimersByTimeAsync(10);
    expect(a.log).toContain('left b');
    expect(a.tabs.leads).toBe(true);
  });
});

describe('a lease', () => {
  it('passes on when the tab that has it sleeps, and that one notices', async () => {
    const browser = new Browser(false);
    const a = tab(browser, 'a');
    await vi.advanceTimersByTimeAsync(1_500);
    // While it slept, another one took the lease.
    browser.kept.set('tidings.leader', JSON.stringify({ tab: 'other', until: Date.now() + LEASE_MS }));
    await vi.advanceTimersByTimeAsync(1_100);
    expect(a.tabs.leads).toBe(false);
    expect(a.log.at(-1)).toBe('unlead');
    // And it takes it back when that one goes.
    await vi.advanceTimersByTimeAsync(LEASE_MS + 2_000);
    expect(a.tabs.leads).toBe(true);
  });
});
