// The device of this tab. A log-in of the same device takes the place of the last one, so that a reload leaves no session behind; two
// tabs must not be the same, or each would sign the other out. A tab that is duplicated has the storage of the first: the lock tells.

import { newId } from '../core/key';
import type { Device } from '../core/protocol';

const KEPT = 'tidings-device';

/** The id of this tab's device. */
async function idOf(): Promise<string> {
  try {
    const kept = sessionStorage.getItem(KEPT);
    if (kept !== null && (await isFree(kept))) return kept;
    const fresh = newId();
    sessionStorage.setItem(KEPT, fresh);
    await isFree(fresh);
    return fresh;
  } catch {
    // Storage is forbidden in this frame.
    return newId();
  }
}

/** Takes an id for as long as this page is there; false when another one has it. */
function isFree(id: string): Promise<boolean> {
  const { locks } = navigator;
  if (!locks) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    locks.request(`${KEPT} ${id}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise<void>(() => undefined);
    }).catch(reject);
  });
}

export const thisDevice = async (name: string): Promise<Device> => ({ id: await idOf(), name, platform: 'web' });
