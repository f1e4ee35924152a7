import type { ReactNode, RefObject } from 'react';
import { Link } from 'wouter';
import { GroupNavigation, Navigation } from './navigation.tsx';

interface Props {
  /** The path that was chosen; the navigation shows it at once, while its screen is still being drawn. */
  readonly here: string;
  readonly main?: RefObject<HTMLElement | null>;
  /** Beside the brand. */
  readonly mark?: ReactNode;
  /** At the right of the header. */
  readonly right?: ReactNode;
  /** Between header and content. */
  readonly banners?: ReactNode;
  readonly after?: ReactNode;
  readonly children: ReactNode;
}

/**
 * Header, navigation and the place of the content. The build writes the same into the page itself (build/page-shell.tsx), so that it
 * is seen before any script is there: it knows nothing of the server, and its style is that of style/frame.css.
 */
export function Frame({ here, main, mark, right, banners, after, children }: Props) {
  return (
    <div className="frame">
      <a className="frame-skip" href="#content">
        Skip to the content
      </a>
      <header className="frame-header">
        <Link className="frame-brand" href="/" aria-label="Memoir">
          <svg viewBox="0 0 32 32" width="1.5rem" height="1.5rem" aria-hidden="true">
            <rect width="32" height="32" rx="7" fill="#3b5bdb" />
            <path d="M8 9h4v14H8zM14 13h4v10h-4zM20 9h4v14h-4z" fill="#fff" />
          </svg>
          <span>Memoir</span>
        </Link>
        {mark}
        <Navigation here={here} />
        <div className="frame-right">{right}</div>
      </header>
      {banners}
      <main id="content" className="frame-main" ref={main} tabIndex={-1}>
        <GroupNavigation here={here} />
        {children}
      </main>
      {after}
    </div>
  );
}
