// The start of the framed page: nothing happens before the page around it has said who it is.

import '../styles/tokens.css';
import '../styles/base.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { newId } from '../core/key';
import { App, Nobody } from './App';
import { Host } from './host';
import { setLanguage, t } from './i18n';
import { placeOf } from './place';
import { Session } from './session';

async function main(): Promise<void> {
  const root = document.getElementById('app');
  if (!root) throw new Error('embed.html has no #app');
  setLanguage('auto');
  // Nobody may speak with it: it stands alone, or the app lists nothing.
  const origins = (document.documentElement.dataset.origins ?? '').split(' ').filter(Boolean);
  if (parent === window || origins.length === 0) return render(<Nobody />, root);
  let session: Session | null = null;
  let shown: boolean | null = null;
  let chosen: string | null = null;
  const { host, wishes } = await Host.find(origins, {
    shown: (now) => {
      shown = now;
      session?.show(now);
    },
    place: (text) => {
      chosen = text;
      const to = placeOf(text);
      if (to) session?.go(to);
    },
    end: async () => session?.end(),
  });
  setLanguage(wishes.language);
  if (wishes.theme !== 'auto') document.documentElement.dataset.theme = wishes.theme;
  const device = { id: /^[\w-]{16,64}$/.test(wishes.device) ? wishes.device : newId(), name: t('embed.title'), platform: 'web' } as const;
  const started = new Session(host, device, placeOf(wishes.with));
  session = started;
  session.show(shown ?? wishes.shown);
  const early = placeOf(chosen);
  if (early) session.go(early);
  effect(() => host.unread(started.unread.value));
  document.addEventListener('keydown', (event) => {
    // What lies over the chat goes first.
    if (event.key === 'Escape' && !event.isComposing && !event.defaultPrevented && !document.querySelector(':popover-open, dialog[open]')) host.hide();
  });
  // A file that is dropped where nobody takes it would take the place of this page.
  for (const kind of ['dragover', 'drop'] as const) {
    document.addEventListener(kind, (event) => { if (event.dataTransfer?.types.includes('Files')) event.preventDefault(); });
  }
  render(<App session={session} hide={() => host.hide()} />, root);
  await session.begin();
}

void main();
