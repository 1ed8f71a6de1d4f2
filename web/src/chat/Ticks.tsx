import type { SendState } from '../core';
import { t, type PlainKey } from '../i18n';
import { cx, Icon, type IconName } from '../ui';
import css from './Ticks.module.css';

const LOOKS: Record<SendState, { icon: IconName; label: PlainKey }> = {
  sending: { icon: 'clock', label: 'chat.sending' }, sent: { icon: 'check', label: 'chat.sent' }, delivered: { icon: 'checks', label: 'chat.delivered' },
  read: { icon: 'checks', label: 'chat.read' }, failed: { icon: 'alert', label: 'chat.failed' },
};

/** How far an own message has got, as an icon with a name: the colour is never the only cue. */
export function Ticks({ state }: { state: SendState }) {
  const { icon, label } = LOOKS[state];
  return <Icon name={icon} size={15} label={t(label)} class={cx(css.ticks, css[state])} />;
}
