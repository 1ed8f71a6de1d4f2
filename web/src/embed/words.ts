// What a row says in one line.

import type { Row } from '../core/model';
import { t } from './i18n';

export function words({ body, message, mine }: Row): string {
  if (!message) return '';
  if ('recalled' in body) return t(mine ? 'chat.recalledYou' : 'chat.recalled');
  if ('text' in body) return body.text.text;
  if ('buttons' in body) return body.buttons.text.text;
  if ('answer' in body) return body.answer.text;
  if ('post' in body) return body.post.text || body.post.username || t('chat.unknownBody');
  if ('media' in body) return body.media.caption.text || body.media.info.name;
  if ('location' in body) return `📍 ${body.location.name ?? t('chat.location')}`;
  if ('sticker' in body && body.sticker.set === null) return body.sticker.name;
  return t('chat.unknownBody');
}
