import { useState } from 'preact/hooks';
import { actions, mediaUrl, store, type Card as ProfileCard, type Profile } from '../core';
import { problemWords, t, type PlainKey } from '../i18n';
import { NAME_CHARS_MAX } from '../auth/rules';
import { Avatar, Card, Field, Loading, PictureInput, toast } from '../ui';
import { Form } from './Form';
import css from './Form.module.css';
import { PresenceCard } from './Presence';
import { useDoing } from './useDoing';

/** The server counts 512 bytes; Chinese has three for each character. */
const LINE_CHARS_MAX = 160;

type LineName = 'signature' | 'gender' | 'birthday' | 'location' | 'language' | 'phone' | 'email';
const LINES: readonly { name: LineName; label: PlainKey; type?: 'date' | 'tel' | 'email'; autocomplete?: string }[] = [
  { name: 'gender', label: 'settings.gender', autocomplete: 'sex' },
  { name: 'birthday', label: 'settings.birthday', type: 'date', autocomplete: 'bday' },
  { name: 'location', label: 'settings.location' },
  { name: 'language', label: 'settings.spokenLanguage' },
  { name: 'phone', label: 'settings.phone', type: 'tel', autocomplete: 'tel' },
  { name: 'email', label: 'settings.email', type: 'email', autocomplete: 'email' },
];

export function ProfilePage() {
  const me = store.me.value;
  if (!me) return <Loading />;
  return (
    <>
      <Card title={t('settings.aboutMe')}>
        <Picture profile={me.profile} />
        <ProfileForm profile={me.profile} shown={{ phone: me.settings.show_phone, email: me.settings.show_email }} />
      </Card>
      <PresenceCard presence={me.presence} />
    </>
  );
}

function Picture({ profile }: { profile: Profile }) {
  const { busy, problem, run } = useDoing();
  const [progress, setProgress] = useState(0);
  const { avatar } = profile.card;
  // The profile as it is then: other fields may have been saved meanwhile.
  const set = (media: string | null) => {
    const now = store.me.peek()?.profile ?? profile;
    return actions.setProfile(now.name, { ...now.card, avatar: media });
  };
  const upload = (file: File) => void run(async () => set((await actions.upload(file, file.name, setProgress)).media));
  return (
    <div class={css.form}>
      <div class={css.face}>
        <Avatar id={profile.user} name={profile.name} src={avatar ? mediaUrl(avatar) : null} size={64} />
        <span class={css.names}>
          <strong>{profile.name}</strong>
          <span class={css.muted}>@{profile.user}</span>
        </span>
        <PictureInput has={avatar !== null} busy={busy} progress={progress} onPick={upload} onRemove={() => void run(() => set(null))} />
      </div>
      {problem !== null && <p class={css.error} role="alert">{problemWords(problem)}</p>}
    </div>
  );
}

const textsOf = (card: ProfileCard): Record<LineName, string> => ({
  signature: card.signature ?? '', gender: card.gender ?? '', birthday: card.birthday ?? '', location: card.location ?? '',
  language: card.language ?? '', phone: card.phone ?? '', email: card.email ?? '',
});

function ProfileForm({ profile, shown }: { profile: Profile; shown: { phone: boolean; email: boolean } }) {
  const [name, setName] = useState(profile.name);
  const [texts, setTexts] = useState(() => textsOf(profile.card));
  const { busy, problem, run } = useDoing();
  const set = (line: LineName) => (text: string) => setTexts((before) => ({ ...before, [line]: text }));
  const lines = Object.fromEntries(Object.entries(texts).map(([line, text]) => [line, text.trim() || null])) as Pick<ProfileCard, LineName>;
  const missing = name.trim() === '';
  const changed = name.trim() !== profile.name || (Object.keys(lines) as LineName[]).some((line) => lines[line] !== profile.card[line]);
  const save = () =>
    void run(async () => {
      await actions.setProfile(name.trim(), { ...(store.me.peek()?.profile.card ?? profile.card), ...lines });
      toast(t('settings.saved'));
    });
  const seen = (line: LineName) => (line === 'phone' || line === 'email' ? t(shown[line] ? 'settings.othersSee' : 'settings.onlyYouSee') : undefined);
  return (
    <Form submit={t('common.save')} busy={busy} problem={problem} disabled={missing || !changed} onSubmit={save}>
      <Field label={t('settings.displayName')} maxLength={NAME_CHARS_MAX} autocomplete="name" value={name} onInput={setName} error={missing && t('common.required')} />
      <Field label={t('settings.signature')} optional maxLength={LINE_CHARS_MAX} value={texts.signature} onInput={set('signature')} hint={t('settings.signatureHint')} />
      <div class={css.pair}>
        {LINES.map(({ name: line, label, type, autocomplete = 'off' }) => (
          <Field
            key={line}
            label={t(label)}
            optional
            // Another client may have written a day in words of its own, which a date field would hide.
            type={type === 'date' && !/^(\d{4}-\d\d-\d\d)?$/.test(texts[line]) ? 'text' : type ?? 'text'}
            autocomplete={autocomplete}
            maxLength={LINE_CHARS_MAX}
            value={texts[line]}
            onInput={set(line)}
            hint={seen(line)}
          />
        ))}
      </div>
    </Form>
  );
}
