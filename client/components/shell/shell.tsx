import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { role } from '../../api/authority.ts';
import { connection } from '../../api/connection.ts';
import { ServiceDocument, SessionDocument } from '../../api/generated/graphql.ts';
import { useFreshQuery } from '../../api/use-fresh-query.ts';
import { useStore } from '../../lib/store.ts';
import { Panel } from '../panel.tsx';
import { Toasts } from '../toasts.tsx';
import { TokenForm } from '../token-form.tsx';
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
  const state = useStore(connection);
  const refused = state.state === 'REFUSED' ? state.reason : null;
  const session = useFreshQuery(SessionDocument, {}, ['access']).data?.session;
  const screen = `/${path.split('/')[1] ?? ''}`;
  const shown = useRef(screen);
  const main = useRef<HTMLElement>(null);

  useEffect(() => {
    if (session) role.set(session.role);
  }, [session]);

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
          {session?.role === 'VIEWER' && (
            <span
              className={styles.readOnly}
              title="Your token’s role is viewer: it sees everything and changes nothing."
            >
              Read-only
            </span>
          )}
          <ConnectionBadge />
          <SchemeToggle />
        </div>
      </header>
      <ConnectionBanner />
      {data && <HypervisorBanner hypervisor={data.service.hypervisor} />}
      <main id="content" className={styles.main} ref={main} tabIndex={-1}>
        {refused && <Refused reason={refused} />}
        {/* Not shown, but not gone: a dialog may hold the secret of the very token that shut this browser out. */}
        <div style={{ display: refused ? 'none' : 'contents' }}>{children}</div>
      </main>
      <Toasts />
    </div>
  );
}

/** Nothing can be shown without a token: the form for it, and nothing else. */
function Refused({ reason }: { readonly reason: string }) {
  return (
    <Panel title="This server asks who you are" className={styles.refused}>
      <p role="alert">{reason}</p>
      <TokenForm />
    </Panel>
  );
}
