import { useEffect, useState } from 'preact/hooks';
import { actions, mediaUrl, problemOf, type GroupPreview, type Problem } from '../core';
import { t } from '../i18n';
import { go, paths } from '../router';
import { Avatar, Button, Loading } from '../ui';
import { css, Frame, ProblemNote, wordsOf } from './Frame';

/** Refusals that say nothing about the link. */
const PASSING: ReadonlySet<Problem['code']> = new Set(['offline', 'timeout', 'unavailable', 'overloaded', 'rate_limited']);

/** A link into a group, for somebody who is logged in: what the group is, and a way in. */
export function Invited({ code }: { code: string }) {
  const [group, setGroup] = useState<GroupPreview | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [missed, setMissed] = useState<Problem | null>(null);
  const ask = () => {
    setMissed(null);
    actions.groupOfCode(code).then(setGroup, (error: unknown) => setMissed(problemOf(error)));
  };
  useEffect(ask, [code]);
  const join = async () => {
    setBusy(true);
    setProblem(null);
    try {
      go(paths.chat(await actions.joinByCode(code)), { replace: true });
    } catch (error) {
      setProblem(wordsOf(error));
      setBusy(false);
    }
  };
  const toChats = <Button kind={group ? 'plain' : 'primary'} size="large" wide onClick={() => go(paths.chats, { replace: true })}>{t('common.toChats')}</Button>;
  if (missed && PASSING.has(missed.code)) {
    return (
      <Frame title={t('auth.invited')}>
        <ProblemNote>{wordsOf(missed)}</ProblemNote>
        <Button kind="primary" size="large" wide icon="retry" onClick={ask}>{t('common.retry')}</Button>
      </Frame>
    );
  }
  if (missed) return <Frame title={t('auth.inviteInvalid')} text={t('auth.inviteInvalidText')}>{toChats}</Frame>;
  if (!group) return <Frame title={t('auth.invited')}><Loading /></Frame>;
  return (
    <Frame title={t('auth.invitedGroup', { group: group.title })}>
      <div class={css.hero}>
        <Avatar id={group.conversation} name={group.title} shape="square" size={72} src={group.avatar ? mediaUrl(group.avatar) : null} />
        <p class={css.text}>{t('auth.members', { count: group.members })}</p>
        {group.introduction && <p>{group.introduction}</p>}
      </div>
      <ProblemNote>{problem}</ProblemNote>
      <Button kind="primary" size="large" wide busy={busy} onClick={() => (group.joined ? go(paths.chat(group.conversation), { replace: true }) : void join())}>
        {t(group.joined ? 'auth.joinOpen' : 'auth.join')}
      </Button>
      {toChats}
    </Frame>
  );
}
