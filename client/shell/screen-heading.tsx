import { type ReactNode, useEffect } from 'react';
import { usePage } from '../state/page.ts';

/** The heading of a screen, with what can be done there at its right; also names the browser's tab. */
export function ScreenHeading({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  const { heading } = usePage();
  useEffect(() => {
    heading.set(title);
  }, [heading, title]);
  return (
    <div className="frame-heading">
      <h1>{title}</h1>
      {children}
    </div>
  );
}
