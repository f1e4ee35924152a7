import { type ReactNode, useEffect, useRef, useState } from 'react';
import { whenQuiet } from './quiet.ts';

interface Props {
  /** Off while there is something more urgent to draw. */
  readonly ready: boolean;
  /** In its place until then. */
  readonly awaited: ReactNode;
  readonly children: ReactNode;
}

/** What is costly to draw and far down: drawn in a quiet moment when less than a screen is between it and what is seen. */
export function Near({ ready, awaited, children }: Props) {
  const [isNear, setNear] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!ready || isNear || !place.current) return;
    let cancel = () => {};
    const seen = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        seen.disconnect();
        cancel = whenQuiet(() => setNear(true));
      },
      { rootMargin: '100% 0px' },
    );
    seen.observe(place.current);
    return () => {
      seen.disconnect();
      cancel();
    };
  }, [ready, isNear]);
  return isNear ? children : <div ref={place}>{awaited}</div>;
}
