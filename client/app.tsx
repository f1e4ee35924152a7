import { MantineProvider } from '@mantine/core';
import { type ReactNode, Suspense } from 'react';
import { Provider } from 'urql';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import type { Api } from './api/client.ts';
import { liveProgress } from './api/live-progress.ts';
import { ApiContext } from './api/use-api.ts';
import { Loading } from './components/answer-states.tsx';
import { Dialogs } from './components/dialogs.tsx';
import { ErrorBoundary } from './components/error-boundary.tsx';
import { Shell } from './components/shell/shell.tsx';
import { later } from './lib/later.tsx';
import { ShownLocation } from './lib/shown-location.tsx';
import { Overview } from './pages/overview/overview.tsx';
import { theme } from './theme.ts';

const Dumps = later(() => import('./pages/dumps/dumps.tsx').then((it) => it.Dumps));
const Machines = later(() => import('./pages/machines/machines.tsx').then((it) => it.Machines));
const Operations = later(() => import('./pages/operations/operations.tsx').then((it) => it.Operations));
const Settings = later(() => import('./pages/settings/settings.tsx').then((it) => it.Settings));

const screens: Readonly<Record<string, { readonly load: () => Promise<unknown> }>> = {
  dumps: Dumps,
  machines: Machines,
  operations: Operations,
  settings: Settings,
};

/** Resolves when the code of the screen of that path is there, or cannot be had (its own boundary says so then). */
export async function loadScreen(path: string): Promise<void> {
  await screens[path.split('/')[1] ?? '']?.load().catch(() => {});
}

export function App({ api }: { readonly api: Api }) {
  return (
    <Providers api={api}>
      <ShownLocation drawing={liveProgress.hold}>
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
          <Route path="/operations/:id?">{({ id }) => <Operations id={id} />}</Route>
          <Route path="/settings" component={Settings} />
          <Route>
            <Redirect to="/" replace />
          </Route>
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}

function Providers({ api, children }: { readonly api: Api; readonly children: ReactNode }) {
  return (
    <MantineProvider theme={theme} withCssVariables={false} withGlobalClasses={false} defaultColorScheme="auto">
      <ApiContext value={api}>
        <Provider value={api.client}>{children}</Provider>
      </ApiContext>
    </MantineProvider>
  );
}
