import { type ReactNode, useEffect } from 'react';

/** The heading of a screen, with what can be done there at its right; also names the browser's tab. */
export function ScreenHeading({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Memoir`;
  }, [title]);
  return (
    <div className="frame-heading">
      <h1>{title}</h1>
      {children}
    </div>
  );
}
