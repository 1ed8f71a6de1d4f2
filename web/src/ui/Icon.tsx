// The icons: one table of strokes on a grid of 24, drawn as elements. An icon is decoration unless it has a label.

const PATHS = {
  add: 'M12 5v14M5 12h14',
  admin: 'M12 3 5 6v5c0 4.6 2.9 8 7 10 4.1-2 7-5.4 7-10V6ZM9 12l2 2 4-4',
  alert: 'M12 4 2.8 20h18.4ZM12 10v4M12 17h.01',
  archive: 'M4 4h16v5H4zM5.5 9v11h13V9M10 13h4',
  attach: 'M20 11.5 12 19.5a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7L9.7 17.2a1.7 1.7 0 0 1-2.4-2.4l7.8-7.8',
  back: 'M15 5l-7 7 7 7',
  bell: 'M6 16V11a6 6 0 1 1 12 0v5l2 2H4ZM10 21h4',
  bellOff: 'M6 16V11a6 6 0 0 1 9-5.2M18 12v4l2 2H4M10 21h4M4 4l16 16',
  block: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM5.7 5.7l12.6 12.6',
  bold: 'M7 5h6a3.5 3.5 0 0 1 0 7H7ZM7 12h7a3.5 3.5 0 0 1 0 7H7Z',
  bot: 'M6 9h12v10H6zM12 9V5M10 5h4M9.5 13h.01M14.5 13h.01M10 16h4M3 13v3M21 13v3',
  calendar: 'M4 6h16v14H4zM4 10h16M8 3v4M16 3v4',
  camera: 'M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4Z',
  chat: 'M21 12a8 8 0 0 1-8 8H4l1.8-3A8 8 0 1 1 21 12Z',
  check: 'M5 12.5l4.5 4.5L19 7',
  checks: 'M2 13l4 4L16 7M11 16l1 1L22 7',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3 2',
  close: 'M6 6l12 12M18 6 6 18',
  code: 'M8 7l-5 5 5 5M16 7l5 5-5 5',
  console: 'M4 20a9 9 0 1 1 16 0M12 14l4-5',
  contacts: 'M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM2 21a7 7 0 0 1 14 0M17 4a4 4 0 0 1 0 7M22 21a7 7 0 0 0-4-6.3',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  crown: 'M4 18h16M4 15l-1-8 5 4 4-6 4 6 5-4-1 8Z',
  dislike: 'M17 4h3v9h-3M17 13l-4 7a2 2 0 0 1-2-2v-3H5.5a2 2 0 0 1-2-2.4l1.3-7A2 2 0 0 1 6.8 4H17',
  down: 'M6 9l6 6 6-6',
  download: 'M12 4v11M7.5 11 12 15.5 16.5 11M4 20h16',
  edit: 'M4 20h4L19 9l-4-4L4 16Z',
  emoji: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5h.01M15 9.5h.01',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  eyeOff: 'M5 7.5A15 15 0 0 0 2.5 12S6 18.5 12 18.5a9 9 0 0 0 4-.9M9.5 5.9A9 9 0 0 1 12 5.5C18 5.5 21.5 12 21.5 12a15 15 0 0 1-2.3 3M10 10a3 3 0 0 0 4 4M4 4l16 16',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  filter: 'M4 5h16l-6 8v6l-4-2v-4Z',
  forward: 'M15 7l5 5-5 5M20 12H10a6 6 0 0 0-6 6v1',
  globe: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  hash: 'M9 4 7 20M17 4l-2 16M4 9h16M4 15h16',
  image: 'M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3L20 17M15.5 9.5h.01',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5M12 8h.01',
  invite: 'M10 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM3 21a7 7 0 0 1 12-5M19 14v6M16 17h6',
  key: 'M8 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 12h9M18 12v4M15 12v3',
  keyboard: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M17 14h.01M7 14h.01M10 14h4',
  like: 'M7 20H4v-9h3M7 11l4-7a2 2 0 0 1 2 2v3h5.5a2 2 0 0 1 2 2.4l-1.3 7a2 2 0 0 1-2 1.6H7',
  link: 'M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2',
  list: 'M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01',
  lock: 'M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3',
  logout: 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9',
  mail: 'M3 6h18v12H3zM3 7l9 6 9-6',
  megaphone: 'M4 10v4l3 .5V9.5ZM7 9.5 18 5v14L7 14.5M9 15.5l1 4.5h2.5L11.5 16M21 10.5v3',
  mention: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM16 8v5a2.5 2.5 0 0 0 5 0v-1a9 9 0 1 0-3.5 7.1',
  mic: 'M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z',
  more: 'M6 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0ZM13 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0ZM20 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0Z',
  muteUser: 'M10 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM3 21a7 7 0 0 1 12-5M16 15l6 6M22 15l-6 6',
  next: 'M9 5l7 7-7 7',
  pause: 'M8 5v14M16 5v14',
  pin: 'M9 4h6l-1 6 3 3v2H7v-2l3-3ZM12 15v6',
  place: 'M12 21s7-6.5 7-11.5a7 7 0 0 0-14 0C5 14.5 12 21 12 21ZM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  play: 'M7 4.5v15l12-7.5Z',
  qr: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM18 14h2M14 18v2',
  reload: 'M20 11a8 8 0 1 0-1.5 6M20 5v6h-6',
  reply: 'M9 7 4 12l5 5M4 12h10a6 6 0 0 1 6 6v1',
  retry: 'M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 3v5.5h5.5',
  screen: 'M4 5h16v11H4zM9 20h6',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM20 20l-4-4',
  send: 'M4 12 20 4l-5 16-3.5-6.5Z',
  server: 'M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01',
  settings: 'M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM19 12a7 7 0 0 0-.2-1.6l2-1.5-2-3.4-2.3 1a7 7 0 0 0-2.8-1.6L13.3 2h-2.6l-.4 2.9a7 7 0 0 0-2.8 1.6l-2.3-1-2 3.4 2 1.5a7 7 0 0 0 0 3.2l-2 1.5 2 3.4 2.3-1a7 7 0 0 0 2.8 1.6l.4 2.9h2.6l.4-2.9a7 7 0 0 0 2.8-1.6l2.3 1 2-3.4-2-1.5c.1-.5.2-1 .2-1.6Z',
  share: 'M12 15V4M8 7.5 12 3.5l4 4M6 11H5v9h14v-9h-1',
  spark: 'M12 3l1.9 5.6L19.5 10.5l-5.6 1.9L12 18l-1.9-5.6L4.5 10.5l5.6-1.9ZM19 16l.8 2.2L22 19l-2.2.8L19 22l-.8-2.2L16 19l2.2-.8Z',
  stop: 'M7 7h10v10H7z',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2v2M12 20v2M4 12H2M22 12h-2M5 5l1.5 1.5M17.5 17.5 19 19M19 5l-1.5 1.5M6.5 17.5 5 19',
  tag: 'M4 4h8l8 8-8 8-8-8ZM8.5 8.5h.01',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5',
  undo: 'M9 7 4 12l5 5M4 12h11a5 5 0 0 1 0 10',
  unread: 'M20 12a8 8 0 0 1-8 8H4l1.6-3A8 8 0 0 1 13 4.1M18.5 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  up: 'M6 15l6-6 6 6',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21a8 8 0 0 1 16 0',
  video: 'M3 6h12v12H3zM15 10.5 21 7v10l-6-3.5',
  webhook: 'M9 8a3.5 3.5 0 1 1 5 3.2l2.5 4.3M12 8.5 8.5 14.5M8.5 17.5a3.5 3.5 0 1 1-4-3.5M8 17.5h7M15 17.5a3.5 3.5 0 1 0 2-3',
  wifiOff: 'M4 4l16 16M8.5 15a5 5 0 0 1 5.5-.8M5 11.5a10 10 0 0 1 4-2.3M13 8.6a10 10 0 0 1 6 2.9M2 8a14 14 0 0 1 4-2.5M11 4.5A14 14 0 0 1 22 8M12 19h.01',
} as const;

export type IconName = keyof typeof PATHS;

/** An icon of the set; `size` in pixels. Give a `label` only where nothing else says what it means. */
export function Icon({ name, size = 20, label, class: className }: { name: IconName; size?: number; label?: string; class?: string | undefined }) {
  return (
    <svg
      class={className}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      style={{ flex: 'none' }}
      {...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true })}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
