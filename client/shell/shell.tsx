import { type ReactNode, Suspense, useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { useBrowserLocation } from 'wouter/use-browser-location';
import { ServiceDocument, SessionDocument } from '../api/generated/graphql.ts';
import { readToken } from '../api/token.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { TokenForm } from '../parts.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import { Loading } from '../ui/answer-states.tsx';
import { Panel } from '../ui/panel.tsx';
import { ConnectionBadge } from './connection-badge.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { DatabaseBanner } from './database-banner.tsx';
import { Frame } from './frame.tsx';
import { HypervisorBanner } from './hypervisor-banner.tsx';
import { SchemeToggle } from './scheme-toggle.tsx';
import styles from './shell.module.css';
import { Shortcuts } from './shortcuts.tsx';
import { TabTitle } from './tab-title.tsx';
import { Toasts } from './toasts.tsx';

/** What surrounds every screen: where one is, whether it is live, and what was just said. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [path] = useLocation();
  const [here] = useBrowserLocation();
  const { data } = useFreshQuery(ServiceDocument, {}, ['service']);
  const { connection, role } = usePage();
  const state = useStore(connection);
  const refused = state.state === 'REFUSED';
  const session = useFreshQuery(SessionDocument, {}, ['access']).data?.session;
  const screen = `/${path.split('/')[1] ?? ''}`;
  const shown = useRef(screen);
  const main = useRef<HTMLElement>(null);

  useEffect(() => {
    if (session) role.set(session.role);
  }, [role, session]);

  // As a new document would: the focus goes to the new screen's heading, so that a screen reader says where one is.
  useEffect(() => {
    if (shown.current === screen) return;
    shown.current = screen;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [screen]);

  return (
    <Frame
      here={here}
      main={main}
      mark={
        data?.service.hypervisor.kind === 'DEMO' && (
          <span className={styles.demo} title="Simulated machines; bytes, hashes and files are real.">
            DEMO
          </span>
        )
      }
      right={
        <>
          {session?.role === 'VIEWER' && (
            <span
              className={styles.readOnly}
              title="Signed in as viewer: you can look at everything, but change nothing."
            >
              Read-only
            </span>
          )}
          <ConnectionBadge />
          <SchemeToggle />
        </>
      }
      banners={
        <>
          <ConnectionBanner />
          {data && <HypervisorBanner hypervisor={data.service.hypervisor} />}
          {data && <DatabaseBanner service={data.service} />}
        </>
      }
      after={
        <>
          <Toasts />
          <Shortcuts />
          <TabTitle />
        </>
      }
    >
      {refused && <Refused />}
      {/* Not shown, but not gone: a dialog may hold the secret of the very token that shut this browser out. */}
      <div style={{ display: refused ? 'none' : 'contents' }}>{children}</div>
    </Frame>
  );
}

/** Nothing can be shown before someone signs in: the form for it, and nothing else. */
function Refused() {
  const reason =
    readToken() === null
      ? 'This server requires a token.'
      : 'Invalid token: it is wrong, expired or revoked. Check it and sign in again.';
  return (
    <Panel title="Sign in" className={styles.refused}>
      <p role="alert">{reason}</p>
      <Suspense fallback={<Loading />}>
        <TokenForm />
      </Suspense>
    </Panel>
  );
}
