// The start: language, theme, who is logged in, the page of this address.

import './styles/tokens.css';
import './styles/base.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app';
import { start, store } from './core';
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
  effect(() => showTheme(store.preferences.value.theme));
  effect(() => {
    document.documentElement.dataset.density = store.preferences.value.density;
  });
  start();
  startRouter();
  // The words must be there before the first page; a switch later redraws it.
  await setLanguage(store.preferences.peek().language);
  effect(() => void setLanguage(store.preferences.value.language));
  render(<App />, root);
}

void main();
