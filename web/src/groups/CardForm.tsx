import { useState } from 'preact/hooks';
import { actions, type ConversationView } from '../core';
import { t } from '../i18n';
import { Button, Card, Field, PictureInput, TextArea, toast } from '../ui';
import { useDoing } from '../contacts/useLoad';
import { TITLE_MAX } from './Create';
import { GroupFace } from './GroupFace';
import css from './Groups.module.css';

const PARAGRAPH_MAX = 1000;

/** What a group is called and says of itself. */
export function CardForm({ view }: { view: ConversationView }) {
  const card = view.meta.value.group?.card;
  const title = view.title.value;
  const [name, setName] = useState(title);
  const [introduction, setIntroduction] = useState(card?.introduction ?? '');
  const [notice, setNotice] = useState(card?.notice ?? '');
  const { busy, problem, run } = useDoing();
  if (!card) return null;
  const next = { ...card, introduction: introduction.trim() || null, notice: notice.trim() || null };
  const renamed = name.trim() !== title;
  const changed = next.introduction !== card.introduction || next.notice !== card.notice;
  const save = () =>
    void run(async () => {
      if (renamed) await actions.rename(view.id, name.trim());
      if (changed) await actions.setGroupCard(view.id, next);
      toast(t('groups.saved'));
    });
  const missing = name.trim() === '';
  return (
    <Card title={t('groups.card')}>
      <form class={css.cardForm} onSubmit={(event) => { event.preventDefault(); if (!missing) save(); }}>
        <Picture view={view} />
        <Field label={t('groups.name')} maxLength={TITLE_MAX} value={name} onInput={setName} error={missing && t('common.required')} />
        <TextArea label={t('groups.introduction')} optional hint={t('groups.introductionHint')} limit={PARAGRAPH_MAX} value={introduction} onInput={setIntroduction} />
        <TextArea label={t('groups.notice')} optional hint={t('groups.noticeHint')} limit={PARAGRAPH_MAX} value={notice} onInput={setNotice} />
        {problem && <p class={css.error} role="alert">{problem}</p>}
        <div class={css.buttons}><Button type="submit" kind="primary" busy={busy} disabled={missing || (!renamed && !changed)}>{t('common.save')}</Button></div>
      </form>
    </Card>
  );
}

function Picture({ view }: { view: ConversationView }) {
  const [progress, setProgress] = useState(0);
  const { busy, problem, run } = useDoing();
  const avatar = view.avatar.value;
  const set = (media: string | null) => {
    const card = view.meta.peek().group?.card;
    return card ? actions.setGroupCard(view.id, { ...card, avatar: media }) : Promise.resolve();
  };
  const upload = (file: File) => void run(async () => set((await actions.upload(file, file.name, setProgress)).media));
  return (
    <div class={css.picture}>
      <GroupFace id={view.id} title={view.title.value} avatar={avatar} size={72} />
      <div>
        <PictureInput has={avatar !== null} busy={busy} progress={progress} onPick={upload} onRemove={() => void run(() => set(null))} />
        {problem && <p class={css.error} role="alert">{problem}</p>}
      </div>
    </div>
  );
}
