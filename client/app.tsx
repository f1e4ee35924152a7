import { MantineProvider } from '@mantine/core';
import { type ReactNode, Suspense } from 'react';
import { Provider } from 'urql';
import { Route, Switch, useLocation } from 'wouter';
import type { Api } from './api/client.ts';
import { ApiContext } from './api/use-api.ts';
import { Overview } from './overview/overview.tsx';
import { Dumps, Heaps, Machines, Notifications, Operations, Retention, Schedules, Settings, Volumes } from './parts.ts';
import { Dialogs } from './shell/dialogs.tsx';
import { NotFound } from './shell/not-found.tsx';
import { Shell } from './shell/shell.tsx';
import { PageContext, type PageState } from './state/page.ts';
import { ShownLocation } from './state/shown-location.tsx';
import { theme } from './style/theme.ts';
import { Loading } from './ui/answer-states.tsx';
import { ErrorBoundary } from './ui/error-boundary.tsx';

const screens: Readonly<Record<string, { readonly load: () => Promise<unknown> }>> = {
  dumps: Dumps,
  heaps: Heaps,
  machines: Machines,
  notifications: Notifications,
  operations: Operations,
  retention: Retention,
  schedules: Schedules,
  settings: Settings,
  volumes: Volumes,
};

/** Resolves when the code of the screen of that path is there, or cannot be had (its own boundary says so then). */
export async function loadScreen(path: string): Promise<void> {
  await screens[path.split('/')[1] ?? '']?.load().catch(() => {});
}

interface Props {
  readonly api: Api;
  readonly page: PageState;
}

export function App({ api, page }: Props) {
  return (
    <Providers api={api} page={page}>
      <ShownLocation drawing={page.progress.hold}>
        <Shell>
          <Screens />
        </Shell>
        <Dialogs />
      </ShownLocation>
    </Providers>
  );
}

/** Each screen has a boundary of its own: going elsewhere leaves a broken one behind. */
function Screens() {
  const [path] = useLocation();
  return (
    <ErrorBoundary key={path.split('/')[1]}>
      <Suspense fallback={<Loading lines={8} />}>
        <Switch>
          <Route path="/" component={Overview} />
          <Route path="/dumps/:id?">{({ id }) => <Dumps id={id} />}</Route>
          <Route path="/machines/:id?">{({ id }) => <Machines id={id} />}</Route>
          <Route path="/volumes/:id?">{({ id }) => <Volumes id={id} />}</Route>
          <Route path="/heaps/:before?/:after?">{({ before, after }) => <Heaps before={before} after={after} />}</Route>
          <Route path="/operations/:id?">{({ id }) => <Operations id={id} />}</Route>
          <Route path="/schedules" component={Schedules} />
          <Route path="/retention" component={Retention} />
          <Route path="/notifications" component={Notifications} />
          <Route path="/settings" component={Settings} />
          <Route component={NotFound} />
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}

function Providers({ api, page, children }: Props & { readonly children: ReactNode }) {
  return (
    <MantineProvider theme={theme} withCssVariables={false} withGlobalClasses={false} defaultColorScheme="auto">
      <PageContext value={page}>
        <ApiContext value={api}>
          <Provider value={api.client}>{children}</Provider>
        </ApiContext>
      </PageContext>
    </MantineProvider>
  );
}
