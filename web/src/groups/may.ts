// Who may do what in a group: the table of docs/domain.md. The server decides; this only keeps buttons away that would be refused.

import type { ConversationMeta, GroupRules, Role } from '../core';

export interface Powers {
  /** Add members and make links. */
  invite: boolean;
  /** See and revoke the links of others; answer those who ask to join; speak for the group. */
  manage: boolean;
  /** Title, picture, introduction, notice. */
  edit: boolean;
  /** Rules, managers, handing over, dissolving. */
  own: boolean;
  leave: boolean;
}

const NONE: Powers = { invite: false, manage: false, edit: false, own: false, leave: false };

/** A rule that names members holds for them in a private group; in a public one only where everybody can come in anyway. */
function memberMayInvite({ kind, invite, join }: GroupRules): boolean {
  return invite === 'members' && (kind === 'private' || join === 'free');
}

export function powersOf({ role, group, inbox }: Pick<ConversationMeta, 'role' | 'group' | 'inbox'>): Powers {
  if (!group || inbox.gone || group.dissolved) return NONE;
  const manage = role !== 'member';
  return {
    invite: manage || memberMayInvite(group.rules),
    manage,
    edit: manage || (group.rules.kind === 'private' && group.rules.edit === 'members'),
    own: role === 'owner',
    leave: role !== 'owner',
  };
}

/** Whether who has a role can remove or silence who has another: owners all others, managers members. */
export const isAbove = (role: Role, other: Role): boolean => (role === 'owner' ? other !== 'owner' : role === 'manager' && other === 'member');
