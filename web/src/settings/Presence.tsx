import { useState } from 'preact/hooks';
import { actions, type OwnPresence } from '../core';
import { dateTime, t } from '../i18n';
import { Button, Card, EmojiButton, Field, Select, toast } from '../ui';
import { Form } from './Form';
import css from './Form.module.css';
import { useDoing } from './useDoing';

const WORDS_CHARS_MAX = 80;
const MINUTE_MS = 60_000;

type Until = 'kept' | 'never' | 'half' | 'hour' | 'four' | 'today';

/** The time that a choice means from now on. */
function untilOf(choice: Until, kept: number | null): number | null {
  switch (choice) {
    case 'kept': return kept;
    case 'half': return Date.now() + 30 * MINUTE_MS;
    case 'hour': return Date.now() + 60 * MINUTE_MS;
    case 'four': return Date.now() + 240 * MINUTE_MS;
    case 'today': return new Date().setHours(23, 59, 59, 0);
    default: return null;
  }
}

/** How one is shown to others: there or not, and in words. */
export function PresenceCard({ presence }: { presence: OwnPresence }) {
  const [availability, setAvailability] = useState(presence.availability);
  const [text, setText] = useState(presence.text ?? '');
  const [emoji, setEmoji] = useState(presence.emoji);
  const [until, setUntil] = useState<Until>(presence.until === null ? 'never' : 'kept');
  const { busy, problem, run } = useDoing();
  const send = (next: OwnPresence) =>
    void run(async () => {
      await actions.setPresence(next);
      setUntil(next.until === null ? 'never' : 'kept');
      toast(t('settings.saved'));
    });
  const clear = () => {
    setText('');
    setEmoji(null);
    send({ availability, text: null, emoji: null, until: null });
  };
  return (
    <Card title={t('settings.status')} note={t('settings.statusNote')}>
      <Form
        submit={t('settings.setStatus')}
        busy={busy}
        disabled={false}
        problem={problem}
        onSubmit={() => send({ availability, text: text.trim() || null, emoji, until: untilOf(until, presence.until) })}
        more={(presence.text ?? presence.emoji) !== null && <Button disabled={busy} onClick={clear}>{t('settings.clearStatus')}</Button>}
      >
        <div class={css.pair}>
          <Select
            label={t('settings.availability')}
            value={availability}
            onChange={setAvailability}
            options={[
              { value: 'online', label: t('settings.whenHere') },
              { value: 'away', label: t('common.away') },
              { value: 'busy', label: t('settings.busy') },
              { value: 'invisible', label: t('settings.invisible') },
            ]}
          />
          <Select
            label={t('settings.until')}
            value={until}
            onChange={setUntil}
            options={[
              ...(presence.until === null ? [] : [{ value: 'kept' as const, label: dateTime(presence.until) }]),
              { value: 'never', label: t('settings.untilChanged') },
              { value: 'half', label: t('settings.halfHour') },
              { value: 'hour', label: t('settings.oneHour') },
              { value: 'four', label: t('settings.fourHours') },
              { value: 'today', label: t('settings.untilTonight') },
            ]}
          />
        </div>
        <Field
          label={emoji ? `${t('settings.statusWords')} ${emoji}` : t('settings.statusWords')}
          optional
          maxLength={WORDS_CHARS_MAX}
          placeholder={t('settings.statusExample')}
          value={text}
          onInput={setText}
          after={<EmojiButton label={t('settings.statusEmoji')} onPick={setEmoji} />}
        />
      </Form>
    </Card>
  );
}
