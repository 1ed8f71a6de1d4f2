// The start: language, theme, who is logged in, the page of this address.

import './styles/tokens.css';
import './styles/base.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App, before, inside, running } from './app';
import { door } from './core';
import { dial } from './core/door';
import { setLanguage } from './i18n';
import { startRouter } from './router';

/** The ground of each theme, for the frame that the browser draws. */
const GROUND = { light: '#eef2f1', dark: '#0c1112' } as const;

function showTheme(theme: 'system' | 'light' | 'dark'): void {
  const { dataset } = document.documentElement;
  if (theme === 'system') delete dataset.theme;
  else dataset.theme = theme;
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.content = GROUND[theme === 'system' ? (meta.media.includes('dark') ? 'dark' : 'light') : theme];
  }
}

async function main(): Promise<void> {
  const root = document.getElementById('app');
  if (!root) throw new Error('index.html has no #app');
  effect(() => showTheme(door.preferences.value.theme));
  effect(() => {
    document.documentElement.dataset.density = door.preferences.value.density;
  });
  // Not yet known who this is, and the page is on its way: asking takes as long as loading.
  void door.probe();
  // The pages are there when that is known: those of the last user here, or of the session that the server saw; else the log-in.
  const known = door.lastUser() !== null || document.querySelector('[data-inside]');
  if (known) dial();
  // Before what loads words: they are those of this language from the first.
  const words = setLanguage(door.preferences.peek().language);
  (known ? inside() : before()).catch(() => undefined);
  startRouter();
  // The words must be there before the first page; a switch later redraws it.
  await words;
  effect(() => void setLanguage(door.preferences.value.language));
  render(<App />, root);
  // Behind what is on the screen: whoever logs in has it when they are in. Without it the pages of those who are in say so.
  running().catch(() => undefined);
}

void main();
