// The frame of all pages before somebody is in: a card on the ground, the name of the server, and the other language.

import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { door, problemOf } from '../core';
import { locale, problemWords, t } from '../i18n';
import { showTitle } from '../shell/title';
import { Button, Icon } from '../ui';
import { cx } from '../ui/cx';
import css from './Frame.module.css';
import { Logo } from './Logo';

export { css };

export const serverName = (): string => door.server.value?.name ?? t('common.appName');

/** Switches to the other of the two languages, by its own name. */
function LanguageButton() {
  const other = locale() === 'zh' ? 'en' : 'zh';
  return (
    <Button size="small" icon="globe" lang={other === 'zh' ? 'zh-CN' : 'en'} onClick={() => door.setPreferences({ language: other })}>
      {t('common.switchTo')}
    </Button>
  );
}

export function Frame({ title, text, wide, children }: { title: string; text?: ComponentChildren; wide?: boolean; children?: ComponentChildren }) {
  useEffect(() => showTitle(title, 0), [title]);
  return (
    <main class={css.page}>
      <div class={cx(css.card, wide && css.wide)}>
        <div class={css.head}>
          <span class={css.brand}><Logo />{serverName()}</span>
          <LanguageButton />
        </div>
        <div class={css.title}>
          <h1>{title}</h1>
          {text && <p>{text}</p>}
        </div>
        {children}
      </div>
    </main>
  );
}

/** Why a form was refused; announced. */
export function ProblemNote({ children }: { children: ComponentChildren }) {
  if (!children) return null;
  return <p class={css.problem} role="alert"><Icon name="alert" size={18} /><span>{children}</span></p>;
}

/** A refusal in the reader's words, where they can be better than the server's. */
export function wordsOf(error: unknown): string {
  const problem = problemOf(error);
  switch (problem.code) {
    case 'offline': case 'timeout': case 'unavailable': return t('auth.unreachable');
    case 'rate_limited': return t('auth.wait', { count: Math.max(1, Math.ceil((problem.retryAfterMs ?? 1000) / 1000)) });
    default: return problemWords(problem);
  }
}
