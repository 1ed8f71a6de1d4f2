// What a row says in one line.

import type { Row } from '../core/model';
import { t } from './i18n';

export function words({ body, message }: Row): string {
  if (!message) return '';
  if ('recalled' in body) return t('chat.recalled');
  if ('text' in body) return body.text.text;
  if ('buttons' in body) return body.buttons.text.text;
  if ('answer' in body) return body.answer.text;
  if ('post' in body) return body.post.text || body.post.username || t('chat.unknownBody');
  if ('media' in body) return body.media.caption.text || body.media.info.name;
  return t('chat.unknownBody');
}
