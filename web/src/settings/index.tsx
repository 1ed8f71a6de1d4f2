// Settings: a placeholder until the pages are here.

export function SettingsPage(_: { section: string | null }) {
  return null;
}
