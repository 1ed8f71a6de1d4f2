// Sentences of the server in the reader's language. They come when somebody who reads Chinese needs one.

import { useEffect, useState } from 'preact/hooks';
import { locale } from '.';

/** The same sentence in the reader's language, as soon as it is there. */
export function useReason<S extends string | null | undefined>(sentence: S): S | string {
  const language = locale();
  const [translated, setTranslated] = useState<{ of: string; is: string } | null>(null);
  useEffect(() => {
    if (language !== 'zh' || !sentence) return;
    let wanted = true;
    void import('./zh/reasons').then(({ inChinese }) => { if (wanted) setTranslated({ of: sentence, is: inChinese(sentence) }); }, () => undefined);
    return () => { wanted = false; };
  }, [sentence, language]);
  return language === 'zh' && translated && translated.of === sentence ? translated.is : sentence;
}
