// Web push on this device: the server's key, the browser's subscription, and telling the server of it.

import { signal } from '@preact/signals';
import { ask } from './api';
import { Problem, problemOf } from './problem';

/** A push service that does not answer by then is not reached. */
const SUBSCRIBE_MS = 15_000;

export class Push {
  readonly state = signal<'unknown' | 'unsupported' | 'off' | 'on' | 'blocked'>('unknown');

  /** How it stands now. */
  async look(): Promise<void> {
    const manager = await this.manager();
    if (!manager) this.state.value = 'unsupported';
    else if (Notification.permission === 'denied') this.state.value = 'blocked';
    else this.state.value = (await manager.getSubscription()) ? 'on' : 'off';
  }

  /** Call from a tap: the browser asks the user. */
  async on(showText: boolean): Promise<void> {
    const manager = await this.manager();
    if (!manager) throw new Problem('unsupported', 'This browser has no push here; open the page over https, or install it first.');
    if ((await Notification.requestPermission()) !== 'granted') {
      await this.look();
      throw new Problem('forbidden', 'Notifications are blocked; allow them for this page in the settings of the browser.');
    }
    const { key } = await serverKey();
    const subscription = await inTime(
      manager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) }),
    );
    const { endpoint, keys } = subscription.toJSON();
    await ask('PUT', '/me/push', { body: { endpoint, p256dh: keys?.['p256dh'], auth: keys?.['auth'], show_text: showText } });
    this.state.value = 'on';
  }

  async off(): Promise<void> {
    const subscription = await (await this.manager())?.getSubscription();
    if (!subscription) return;
    await subscription.unsubscribe();
    this.state.value = 'off';
    await ask('DELETE', '/me/push');
  }

  async test(): Promise<void> {
    await ask('POST', '/me/push/test');
  }

  private async manager(): Promise<PushManager | null> {
    if (typeof Notification === 'undefined' || !('PushManager' in globalThis)) return null;
    const registration = await globalThis.navigator?.serviceWorker?.getRegistration();
    return registration?.pushManager ?? null;
  }
}

async function serverKey(): Promise<{ key: string }> {
  try {
    return await ask<{ key: string }>('GET', '/push/key');
  } catch (error) {
    if (problemOf(error).code !== 'not_found') throw error;
    throw new Problem('unsupported', 'This server sends no notifications; ask whoever runs it.');
  }
}

function inTime<T>(promise: Promise<T>): Promise<T> {
  const late = new Promise<T>((_, reject) => {
    setTimeout(() => reject(new Problem('timeout', 'The push service of this browser does not answer; try again later.')), SUBSCRIBE_MS);
  });
  return Promise.race([promise, late]);
}

/** The bytes of base64url. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}
