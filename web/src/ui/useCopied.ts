import { useState } from 'preact/hooks';
import { toastError } from './Toast';

const COPIED_MS = 2_000;

/** Copies text, and whether it was copied just now: a button says so for a moment. */
export function useCopied(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false);
  const copy = (text: string) => void navigator.clipboard.writeText(text).then(() => {
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  }, toastError);
  return [copied, copy];
}
