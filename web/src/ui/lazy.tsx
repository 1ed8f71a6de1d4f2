import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Loading } from './Spinner';
import { ErrorState } from './State';

/**
 * A component that comes when it is first shown: a spinner until then, words and a way to try again when it does not come (the
 * network is gone, or a newer client has taken the place of this one). `nothing` for what lies over a page: it is there in a moment.
 */
export function lazy<P extends object>(load: () => Promise<{ default: ComponentType<P> }>, meanwhile: 'spinner' | 'nothing' | ComponentType<P> = 'spinner'): ComponentType<P> {
  let come: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    // As an object: a function would be taken for one that makes the state, and be called.
    const [, setCome] = useState({ come });
    const [error, setError] = useState<unknown>(null);
    const bring = () => {
      setError(null);
      load().then((module) => {
        come = module.default;
        setCome({ come });
      }, setError);
    };
    useEffect(() => {
      if (!come) bring();
    }, []);
    if (error !== null) return <ErrorState onRetry={bring} />;
    const Come = come;
    if (Come) return <Come {...props} />;
    if (typeof meanwhile === 'string') return meanwhile === 'spinner' ? <Loading /> : null;
    const Meanwhile = meanwhile;
    return <Meanwhile {...props} />;
  };
}
