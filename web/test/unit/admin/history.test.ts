// How the console joins the samples of the server.

import { expect, test, vi } from 'vitest';
import { joined, oneAtATime } from '../../../src/admin/useHistory';
import type { StatusHistory } from '../../../src/core/admin';

const history = (...at: number[]): StatusHistory => {
  const values = at.map((one) => one * 2);
  return { every_ms: 10, at, connections: values, commands_per_second: values, commit_p99_us: values, commands_queued: values, queued_bytes: values, file_bytes: values };
};

test('no sample is there twice, in whichever order answers come', () => {
  expect(joined(history(10, 20), history(30))).toEqual(history(10, 20, 30));
  expect(joined(history(10, 20), history(20, 30))).toEqual(history(10, 20, 30));
  expect(joined(history(10, 20, 30), history(20, 30))).toEqual(history(10, 20, 30));
  expect(joined(history(10, 20), history())).toEqual(history(10, 20));
  expect(joined(history(), history(10))).toEqual(history(10));
  const long = joined(history(...Array.from({ length: 360 }, (_, nth) => nth)), history(360));
  expect([long.at.length, long.at[0], long.connections.at(-1)]).toEqual([360, 1, 720]);
});

test('nobody asks while an answer is under way, and again after it, also after a refusal', async () => {
  const answers: ((worked: boolean) => void)[] = [];
  const doing = vi.fn(() => new Promise<void>((resolve, reject) => answers.push((worked) => (worked ? resolve() : reject(new Error('no'))))));
  const ask = oneAtATime(doing);
  const one = ask();
  expect(ask()).toBe(one);
  expect(doing).toHaveBeenCalledTimes(1);
  answers[0]?.(false);
  await expect(one).rejects.toThrow('no');
  const two = ask();
  expect(doing).toHaveBeenCalledTimes(2);
  answers[1]?.(true);
  await two;
});
