// Which of several assistants answers: the one that was chosen last on this device, until another is.

import { actions, store } from '../core';
import type { AssistantView } from '../core/protocol';
import { go, paths } from '../router';
import { Button, Icon, IconButton, openMenu, toastError, type MenuItem } from '../ui';

/** The one that was chosen last, as far as it may still be asked; else the first. */
export function chosenAssistant(): AssistantView | undefined {
  const assistants = store.assistants.value;
  const { assistant } = store.preferences.value;
  return assistants.find(({ user }) => user === assistant) ?? assistants[0];
}

/** All of them with their models; choosing one is remembered. */
export const assistantItems = (chosen: string | undefined, onPick: (assistant: string) => void): MenuItem[] =>
  store.assistants.peek().map(({ user, name, model }) => ({
    label: name, hint: model, icon: 'spark', checked: user === chosen,
    onSelect: () => {
      actions.setPreferences({ assistant: user });
      onPick(user);
    },
  }));

/** A new chat with one of them. */
export async function begin(assistant: string): Promise<void> {
  try {
    go(paths.assistant(await actions.openAssistant(assistant)));
  } catch (error) {
    toastError(error);
  }
}

interface AssistantMenuProps {
  chosen: AssistantView;
  label: string;
  onPick: (assistant: string) => void;
  /** In the head of a chat. */
  head?: boolean;
}

/** Where there is room for little: see the style sheets. */
const NARROW = '(max-width: 720px)';

/** The model that answers, which opens the menu of the others; nothing where there is no choice. */
export function AssistantMenu({ chosen, label, onPick, head }: AssistantMenuProps) {
  if (store.assistants.value.length < 2) return null;
  const more = {
    'aria-haspopup': 'menu' as const,
    onClick: ({ currentTarget }: { currentTarget: Element }) => openMenu(currentTarget, assistantItems(chosen.user, onPick), { label }),
  };
  const name = `${chosen.model}: ${label}`;
  // Its name stands below the title as well.
  if (head && matchMedia(NARROW).matches) return <IconButton icon="down" label={name} {...more} />;
  return (
    <Button size="small" kind={head ? 'plain' : 'quiet'} aria-label={name} title={label} {...more}>
      {chosen.model} <Icon name="down" size={16} />
    </Button>
  );
}
