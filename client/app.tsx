import { MantineProvider } from '@mantine/core';
import { Provider } from 'urql';
import type { Api } from './api/client.ts';
import { Overview } from './pages/overview/overview.tsx';
import { theme } from './theme.ts';

export function App({ api }: { readonly api: Api }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Provider value={api.client}>
        <Overview />
      </Provider>
    </MantineProvider>
  );
}
