// Groups: a placeholder until the pages are here.

/** Rules, members and ways in of one group. */
export function GroupPage(_: { group: number }) {
  return null;
}
