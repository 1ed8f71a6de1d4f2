import { store } from '../core';
import { type PlainKey, t } from '../i18n';
import { Dialog } from '../ui';
import css from './KeySheet.module.css';
import { overlay } from './panes';

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const CTRL = MAC ? '⌘' : 'Ctrl';
const ALT = MAC ? '⌥' : 'Alt';

/** All keys, by where they work. */
export default function KeySheet() {
  const enterSends = store.preferences.value.enter === 'send';
  const groups: { title: string; keys: [PlainKey, string[]][] }[] = [
    {
      title: t('common.keysAnywhere'),
      keys: [
        ['common.keysSwitcher', [CTRL, 'K']], ['common.keysNext', [ALT, '↑ ↓']], ['common.keysUnread', [ALT, '⇧', '↑ ↓']],
        ['common.keysFind', [CTRL, 'F']], ['common.keysReply', ['R']], ['common.keysRead', ['Esc']], ['common.keysSheet', ['?']],
      ],
    },
    {
      title: t('common.keysWriting'),
      keys: [
        ['common.keysSend', enterSends ? ['Enter'] : [CTRL, 'Enter']], ['common.keysNewline', enterSends ? ['⇧', 'Enter'] : ['Enter']], ['common.keysEditLast', ['↑']],
      ],
    },
  ];
  return (
    <Dialog title={t('common.keysTitle')} width={460} onClose={() => { overlay.value = null; }}>
      {groups.map((group) => (
        <section key={group.title} class={css.keys}>
          <h3>{group.title}</h3>
          <ul>
            {group.keys.map(([label, keys]) => (
              <li key={label} class={css.key}>
                <span>{t(label)}</span>
                <span class={css.combo}>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</span>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </Dialog>
  );
}
