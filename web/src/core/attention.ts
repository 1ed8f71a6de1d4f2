// Catching the eye and ear of somebody who is not looking: a sound, a notification of the desktop.

import type { ConversationId, Entry } from './protocol';
import type { Preferences } from './model';
import { names } from './rows';
import type { State } from './state';
import { textOf } from './words';

/** Notifications show so much of a message. */
const WORDS_MAX = 160;
/** Not more than one sound in this time. */
const SOUND_EVERY_MS = 2_000;

export class Attention {
  private sounded = 0;
  private audio: AudioContext | null = null;

  constructor(private readonly preferences: () => Preferences, private readonly world: { goTo(path: string): void }) {}

  /** Somebody else said something, and nobody looks at any tab. Only the tab that leads calls this, so it rings once. */
  message(state: State, id: ConversationId, entry: Entry): void {
    const conversation = state.get(id);
    if (!conversation || conversation.meta.peek().kind === 'feed') return;
    if (conversation.muted.peek() && !names(entry.body, state.user)) return;
    const { sound, notifications, showText } = this.preferences();
    if (sound) this.ring();
    if (!notifications || typeof Notification === 'undefined' || Notification.permission !== 'granted') return;
    const title = conversation.title.peek();
    const author = state.people.person(entry.author).peek().name;
    const said = textOf(entry.body)?.text.slice(0, WORDS_MAX) ?? '';
    const body = showText ? (conversation.meta.peek().kind === 'group' ? `${author}: ${said}` : said) : '';
    this.show(title, body, id);
  }

  async allow(): Promise<'granted' | 'denied' | 'default'> {
    return typeof Notification === 'undefined' ? 'denied' : Notification.requestPermission();
  }

  private show(title: string, body: string, id: ConversationId): void {
    try {
      const notification = new Notification(title, { body, tag: `conversation-${id}` });
      notification.onclick = () => {
        globalThis.focus();
        this.world.goTo(`/c/${id}`);
        notification.close();
      };
    } catch {
      // Android's browsers want it from a service worker: web push does it there.
    }
  }

  /** Two soft notes; no file to load. */
  private ring(): void {
    const now = Date.now();
    if (now - this.sounded < SOUND_EVERY_MS || typeof AudioContext === 'undefined') return;
    this.sounded = now;
    this.audio ??= new AudioContext();
    // A browser that has not been touched yet stays silent.
    if (this.audio.state !== 'running') return void this.audio.resume().catch(() => undefined);
    for (const [start, pitch] of [[0, 660], [0.12, 880]] as const) {
      const [tone, loudness] = [this.audio.createOscillator(), this.audio.createGain()];
      const at = this.audio.currentTime + start;
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.0001, at);
      loudness.gain.exponentialRampToValueAtTime(0.08, at + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.25);
      tone.connect(loudness).connect(this.audio.destination);
      tone.start(at);
      tone.stop(at + 0.26);
    }
  }
}
