import { encode } from 'uqr';
import { t } from '../i18n';

/** A text as a QR code: one path of squares, dark on white in every theme, because cameras want it so. Import it lazily. */
export default function Qr({ text, size = 200, label = t('common.qrCode') }: { text: string; size?: number; label?: string }) {
  const { data, size: modules } = encode(text, { ecc: 'M', border: 2 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('');
  return (
    <svg role="img" aria-label={label} width={size} height={size} viewBox={`0 0 ${modules} ${modules}`} shape-rendering="crispEdges" style={{ maxWidth: '100%', height: 'auto', borderRadius: 'var(--radius-m)' }}>
      <rect width={modules} height={modules} fill="#fff" />
      <path d={path} fill="#101718" />
    </svg>
  );
}
