// The console: a placeholder until the pages are here.

export function AdminPage(_: { section: string | null }) {
  return null;
}
