import { useEffect, useRef, useState } from 'preact/hooks';
import { duration, t } from '../i18n';
import { Icon, IconButton, toast } from '../ui';
import css from './Composer.module.css';

const TICK_MS = 250;
/** A longer one is sent as it is then. */
const VOICE_MS_MAX = 5 * 60_000;
/** In the order of preference; the first that the browser makes. */
const TYPES = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4'];

/** Records while it is shown. `onDone` gets the recording, or nothing when it was thrown away or could not begin. */
export default function Recorder({ onDone }: { onDone: (voice: File | null) => void }) {
  const [ms, setMs] = useState(0);
  const recorder = useRef<MediaRecorder | null>(null);
  const keep = useRef(false);
  useEffect(() => {
    let gone = false;
    let stream: MediaStream | null = null;
    let ticking: ReturnType<typeof setInterval> | undefined;
    const begin = async () => {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      if (gone) return stream.getTracks().forEach((track) => track.stop());
      const type = TYPES.find((candidate) => MediaRecorder.isTypeSupported(candidate));
      const made = new MediaRecorder(stream, type ? { mimeType: type } : {});
      const parts: Blob[] = [];
      const began = Date.now();
      made.ondataavailable = ({ data }) => parts.push(data);
      made.onstop = () => {
        const plain = made.mimeType.split(';')[0] ?? 'audio/webm';
        onDone(keep.current && parts.length > 0 ? new File(parts, `voice.${plain.split('/')[1] ?? 'webm'}`, { type: plain }) : null);
      };
      made.start();
      recorder.current = made;
      ticking = setInterval(() => {
        setMs(Date.now() - began);
        if (Date.now() - began >= VOICE_MS_MAX) stop(true);
      }, TICK_MS);
    };
    begin().catch(() => {
      toast({ text: t('chat.recordFailed'), kind: 'error' });
      onDone(null);
    });
    return () => {
      gone = true;
      clearInterval(ticking);
      if (recorder.current?.state === 'recording') {
        recorder.current.onstop = null;
        recorder.current.stop();
      }
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, []);
  const stop = (kept: boolean) => {
    keep.current = kept;
    if (recorder.current?.state === 'recording') recorder.current.stop();
    else onDone(null);
  };
  return (
    <div class={css.recorder} role="group" aria-label={t('chat.record')} onKeyDown={(event) => { if (event.key === 'Escape') stop(false); }}>
      <span class={css.light} aria-hidden="true" />
      <span>{t('chat.recording', { time: duration(ms) })}</span>
      <IconButton icon="trash" size="large" label={t('chat.cancelRecording')} onClick={() => stop(false)} />
      <button type="button" class={css.send} aria-label={t('chat.stopAndSend')} title={t('chat.stopAndSend')} ref={(button) => button?.focus()} onClick={() => stop(true)}><Icon name="send" /></button>
    </div>
  );
}
