/** The mark of Tidings: a message with a line of good news in it. Decoration; the name stands beside it. */
export function Logo({ size = 44 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" style={{ flex: 'none' }}>
      <rect width="32" height="32" rx="9.6" fill="var(--accent)" />
      <path d="M8 12.6C8 9.5 10.5 7 13.6 7h4.8c3.1 0 5.6 2.5 5.6 5.6s-2.5 5.6-5.6 5.6h-2.6l-4.9 5.1c-.5.5-1.3.2-1.3-.5v-5.4A5.6 5.6 0 0 1 8 12.6Z" fill="var(--accent-fg)" />
      <path d="M12.2 12.7h1.5l1.3-2.2 1.9 4.3 1.3-2.1h1.6" fill="none" stroke="var(--accent)" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
