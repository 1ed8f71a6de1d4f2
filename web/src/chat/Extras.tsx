// What is sent besides words and files: a contact, a place, one large emoji.

import { useState } from 'preact/hooks';
import { actions, type ConversationId, type Seq, type UserId } from '../core';
import { t } from '../i18n';
import { Button, Dialog, Field, toastError } from '../ui';
import EmojiPopover from '../ui/EmojiPopover';
import { ContactPicker } from '../groups/PeoplePicker';
import css from './Above.module.css';

export type Extra = { kind: 'card' } | { kind: 'place' } | { kind: 'sticker'; anchor: Element };
type ExtrasProps = Extra & { conversation: ConversationId; replyTo: Seq | null; onClose: (sent: boolean) => void };

export default function Extras({ conversation, replyTo, onClose, ...extra }: ExtrasProps) {
  const sent = (promise: Promise<unknown>) => void promise.then(() => onClose(true), toastError);
  const to = { conversation };
  switch (extra.kind) {
    case 'card': return <Card onClose={() => onClose(false)} onSend={(user) => sent(actions.sendContactCard(to, user, replyTo))} />;
    case 'place': return <Place onClose={() => onClose(false)} onSend={(place) => sent(actions.sendLocation(to, { ...place, reply_to: replyTo }))} />;
    case 'sticker': return <EmojiPopover anchor={extra.anchor} label={t('chat.sticker')} onClose={() => onClose(false)} onPick={(name) => sent(actions.sendSticker(to, { set: null, name, reply_to: replyTo }))} />;
  }
}

function Card({ onClose, onSend }: { onClose: () => void; onSend: (user: UserId) => void }) {
  const [chosen, setChosen] = useState<UserId[]>([]);
  const [user] = chosen;
  return (
    <Dialog
      title={t('chat.sendCard')} width={420} onClose={onClose}
      actions={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" disabled={!user} onClick={() => user && onSend(user)}>{t('common.send')}</Button></>}
    >
      <ContactPicker single chosen={chosen} onChange={setChosen} />
    </Dialog>
  );
}

const NAME_CHARS_MAX = 80;
const MICRO = 1e6;
const GPS_MS = 15_000;

/** Degrees as people write them, or nothing. */
function degrees(text: string, most: number): number | null {
  const value = Number(text.trim().replace(',', '.'));
  return text.trim() !== '' && Math.abs(value) <= most ? value : null;
}

/** A place by its name and degrees; where the device is, if it may say so. */
function Place({ onClose, onSend }: { onClose: () => void; onSend: (place: { latitude_e6: number; longitude_e6: number; name: string | null }) => void }) {
  const [texts, setTexts] = useState({ name: '', latitude: '', longitude: '' });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const set = (field: keyof typeof texts) => (text: string) => setTexts((before) => ({ ...before, [field]: text }));
  const [latitude, longitude] = [degrees(texts.latitude, 90), degrees(texts.longitude, 180)];
  const wrong = (text: string, value: number | null) => text.trim() !== '' && value === null && t('extras.degreesWrong');
  const find = () => {
    setBusy(true);
    setProblem(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setBusy(false);
        setTexts((before) => ({ ...before, latitude: coords.latitude.toFixed(6), longitude: coords.longitude.toFixed(6) }));
      },
      () => {
        setBusy(false);
        setProblem(t('extras.placeUnknown'));
      },
      { timeout: GPS_MS, enableHighAccuracy: true },
    );
  };
  const send = () => {
    if (latitude !== null && longitude !== null) onSend({ latitude_e6: Math.round(latitude * MICRO), longitude_e6: Math.round(longitude * MICRO), name: texts.name.trim() || null });
  };
  return (
    <Dialog
      title={t('chat.location')} width={420} onClose={onClose}
      actions={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" disabled={latitude === null || longitude === null} onClick={send}>{t('common.send')}</Button></>}
    >
      <div class={css.fields}>
        {isSecureContext && 'geolocation' in navigator && <Button icon="place" busy={busy} onClick={find}>{t('extras.whereIAm')}</Button>}
        {problem && <p role="alert">{problem}</p>}
        <Field label={t('extras.placeName')} optional maxLength={NAME_CHARS_MAX} value={texts.name} onInput={set('name')} data-autofocus />
        <Field label={t('extras.latitude')} inputMode="decimal" autocomplete="off" value={texts.latitude} onInput={set('latitude')} error={wrong(texts.latitude, latitude)} />
        <Field label={t('extras.longitude')} inputMode="decimal" autocomplete="off" value={texts.longitude} onInput={set('longitude')} error={wrong(texts.longitude, longitude)} />
      </div>
    </Dialog>
  );
}
