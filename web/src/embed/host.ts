// The page that shows this one in a frame. It is believed when it is this window's parent and its origin is one that the app lists;
// the server has put the list into the page, and lets no other origin frame it. All that is said goes over the channel it gives.

/** How long the page may take to give a token: its backend signs it. */
const TOKEN_MS = 30_000;

export interface Wishes {
  /** One chat and no list: `user:support` or `conversation:7`. */
  with: string | null;
  language: 'en' | 'zh' | 'auto';
  theme: 'light' | 'dark' | 'auto';
  shown: boolean;
  /** What the page calls this tab; it is not secret. */
  device: string;
}

interface Said extends Partial<Wishes> {
  /** Another chat is to be shown: as `with` says it. */
  place?: string;
  /** The answer to a question for a token; without `signed` there is none. */
  token?: number;
  signed?: string;
  end?: true;
}

export interface HostEvents {
  shown(shown: boolean): void;
  /** The page has chosen a chat: `user:support` or `conversation:7`. */
  place(text: string): void;
  /** The user of the page has logged out there. */
  end(): Promise<void>;
}

export class Host {
  private asked = 0;
  private readonly waiting = new Map<number, (signed: string | null) => void>();

  private constructor(private readonly port: MessagePort, events: HostEvents) {
    port.onmessage = ({ data }: MessageEvent<Said>) => {
      if (data.token !== undefined) {
        this.waiting.get(data.token)?.(typeof data.signed === 'string' ? data.signed : null);
      } else if (typeof data.place === 'string') events.place(data.place);
      else if (data.shown !== undefined) events.shown(data.shown);
      else if (data.end) void events.end().finally(() => port.postMessage({ gone: true }));
    };
  }

  /** Waits for the page. What others say is not heard. */
  static find(origins: readonly string[], events: HostEvents): Promise<{ host: Host; wishes: Wishes }> {
    return new Promise((resolve) => {
      addEventListener('message', function heard(event: MessageEvent<Said & { tidings?: number }>) {
        const [port] = event.ports;
        if (event.source !== parent || !origins.includes(event.origin) || event.data?.tidings !== 1 || !port) return;
        removeEventListener('message', heard);
        const { with: one = null, language = 'auto', theme = 'auto', shown = false, device = '' } = event.data;
        resolve({ host: new Host(port, events), wishes: { with: one, language, theme, shown, device } });
      });
    });
  }

  /** A token that the page's backend has signed; none when it could not. */
  token(): Promise<string | null> {
    const number = (this.asked += 1);
    return new Promise((resolve) => {
      const done = (signed: string | null): void => {
        clearTimeout(timer);
        this.waiting.delete(number);
        resolve(signed);
      };
      const timer = setTimeout(() => done(null), TOKEN_MS);
      this.waiting.set(number, done);
      this.port.postMessage({ token: number });
    });
  }

  unread(count: number): void {
    this.port.postMessage({ unread: count });
  }

  hide(): void {
    this.port.postMessage({ hide: true });
  }
}
