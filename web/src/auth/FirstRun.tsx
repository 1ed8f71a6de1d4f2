import { useState } from 'preact/hooks';
import { actions, admin, store } from '../core';
import { t } from '../i18n';
import { go, linkTo, paths } from '../router';
import { Button, Field, Icon, useCopied } from '../ui';
import { css, Frame, ProblemNote, wordsOf } from './Frame';

const INVITE_MS = 7 * 24 * 3600 * 1000;
const INVITE_USES = 10;

/** After the set-up: an empty server, and the two things that make it one for people. */
export function FirstRun() {
  return (
    <Frame wide title={t('auth.firstTitle')} text={t('auth.firstText')}>
      <Invite />
      <FirstMessage />
      <p class={css.foot}><a {...linkTo(paths.chats)}>{t('auth.firstSkip')}</a></p>
    </Frame>
  );
}

function Invite() {
  const [url, setUrl] = useState<string | null>(null);
  const [copied, copy] = useCopied();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const make = async () => {
    setBusy(true);
    setProblem(null);
    try {
      setUrl((await admin.createInvite({ expires: Date.now() + INVITE_MS, uses_max: INVITE_USES })).url);
    } catch (error) {
      setProblem(wordsOf(error));
    }
    setBusy(false);
  };
  return (
    <section class={css.step}>
      <span class={css.tile}><Icon name="invite" /></span>
      <div>
        <h2>{t('auth.firstInvite')}</h2>
        <p>{url ? t('auth.firstInviteUses', { count: INVITE_USES }) : t('auth.firstInviteText')}</p>
        <ProblemNote>{problem}</ProblemNote>
        {url === null ? (
          <div class={css.row}><Button kind="primary" busy={busy} onClick={() => void make()}>{t('auth.firstInviteMake')}</Button></div>
        ) : (
          <>
            <Field label={t('auth.firstInvite')} hideLabel size="small" readOnly value={url} onInput={() => undefined} onFocus={(event) => (event.currentTarget as HTMLInputElement).select()} />
            <div class={css.row}>
              <Button kind="primary" icon={copied ? 'check' : 'copy'} onClick={() => copy(url)}>{t(copied ? 'common.copied' : 'auth.firstInviteCopy')}</Button>
              <Button kind="quiet" onClick={() => go(paths.console('invites'))}>{t('auth.firstInvitePage')}</Button>
            </div>
          </>
        )}
      </div>
    </section>
  );
}

function FirstMessage() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const write = async () => {
    const session = store.session.peek();
    if (session.state !== 'in') return;
    setBusy(true);
    setProblem(null);
    try {
      const conversation = await actions.openDirect(session.user);
      await actions.send({ conversation }, { text: t('auth.firstMessageWrite') });
      go(paths.chat(conversation));
    } catch (error) {
      setProblem(wordsOf(error));
      setBusy(false);
    }
  };
  return (
    <section class={css.step}>
      <span class={css.tile}><Icon name="send" /></span>
      <div>
        <h2>{t('auth.firstMessage')}</h2>
        <p>{t('auth.firstMessageText')}</p>
        <ProblemNote>{problem}</ProblemNote>
        <div class={css.row}><Button busy={busy} onClick={() => void write()}>{t('auth.firstMessageButton')}</Button></div>
      </div>
    </section>
  );
}
