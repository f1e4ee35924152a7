import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { ServiceDocument } from '../../api/generated/graphql.ts';
import { useFreshQuery } from '../../api/use-fresh-query.ts';
import { Toasts } from '../toasts.tsx';
import { ConnectionBadge } from './connection-badge.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { HypervisorBanner } from './hypervisor-banner.tsx';
import { Navigation } from './navigation.tsx';
import { SchemeToggle } from './scheme-toggle.tsx';
import styles from './shell.module.css';

/** What surrounds every screen: where one is, whether it is live, and what was just said. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [path] = useLocation();
  const { data } = useFreshQuery(ServiceDocument, {}, ['service']);
  const screen = `/${path.split('/')[1] ?? ''}`;
  const shown = useRef(screen);
  const main = useRef<HTMLElement>(null);

  // As a new document would: the focus goes to the new screen's heading, so that a screen reader says where one is.
  useEffect(() => {
    if (shown.current === screen) return;
    shown.current = screen;
    window.scrollTo(0, 0);
    main.current?.focus();
  }, [screen]);

  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <header className={styles.header}>
        <Link className={styles.brand} href="/" aria-label="Memoir">
          <svg viewBox="0 0 32 32" width="1.5rem" height="1.5rem" aria-hidden="true">
            <rect width="32" height="32" rx="7" fill="#3b5bdb" />
            <path d="M8 9h4v14H8zM14 13h4v10h-4zM20 9h4v14h-4z" fill="#fff" />
          </svg>
          <span>Memoir</span>
        </Link>
        {data?.service.hypervisor.kind === 'DEMO' && (
          <span className={styles.demo} title="The machines are simulated; the bytes, hashes and files are real.">
            DEMO
          </span>
        )}
        <Navigation />
        <div className={styles.right}>
          <ConnectionBadge />
          <SchemeToggle />
        </div>
      </header>
      <ConnectionBanner />
      {data && <HypervisorBanner hypervisor={data.service.hypervisor} />}
      <main id="content" className={styles.main} ref={main} tabIndex={-1}>
        {children}
      </main>
      <Toasts />
    </div>
  );
}

/** The heading of a screen, with what can be done there at its right; also names the browser's tab. */
export function ScreenHeading({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Memoir`;
  }, [title]);
  return (
    <div className={styles.heading}>
      <h1>{title}</h1>
      {children}
    </div>
  );
}
