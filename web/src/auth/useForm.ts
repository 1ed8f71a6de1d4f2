import { useState } from 'preact/hooks';
import { wordsOf } from './Frame';

/**
 * A form that is sent once at a time. `submit` takes what to check (words under the fields, by name; none when all is well) and what
 * to do; a refusal of the server lands in `problem`, and the first field that is wrong gets the focus.
 */
export function useForm<F extends string>() {
  const [errors, setErrors] = useState<Partial<Record<F, string | null>>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: SubmitEvent & { currentTarget: HTMLFormElement }, wrong: Partial<Record<F, string | null>>, act: () => Promise<void>, translate: (error: unknown) => string | Partial<Record<F, string>> = wordsOf) {
    event.preventDefault();
    const form = event.currentTarget;
    const show = (found: Partial<Record<F, string | null>>) => {
      setErrors(found);
      requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
    };
    setProblem(null);
    show(wrong);
    if (busy || Object.values(wrong).some(Boolean)) return;
    setBusy(true);
    try {
      await act();
    } catch (error) {
      const words = translate(error);
      if (typeof words === 'string') setProblem(words);
      else show(words as Partial<Record<F, string | null>>);
    } finally {
      setBusy(false);
    }
  }
  return { errors, problem, busy, submit, error: (field: F): string | null => errors[field] ?? null };
}
