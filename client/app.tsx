import { MantineProvider } from '@mantine/core';
import { type ReactNode, Suspense } from 'react';
import { Provider } from 'urql';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import type { Api } from './api/client.ts';
import { ApiContext } from './api/use-api.ts';
import { Overview } from './overview/overview.tsx';
import { Dialogs } from './shell/dialogs.tsx';
import { Shell } from './shell/shell.tsx';
import { liveProgress } from './state/live-progress.ts';
import { ShownLocation } from './state/shown-location.tsx';
import { theme } from './style/theme.ts';
import { Loading } from './ui/answer-states.tsx';
import { ErrorBoundary } from './ui/error-boundary.tsx';
import { later } from './ui/later.tsx';

const Dumps = later(() => import('./dumps/dumps.tsx').then((it) => it.Dumps));
const Machines = later(() => import('./machines/machines.tsx').then((it) => it.Machines));
const Operations = later(() => import('./operations/operations.tsx').then((it) => it.Operations));
const Settings = later(() => import('./settings/settings.tsx').then((it) => it.Settings));

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
