import { startTransition } from 'react';
import { createRoot } from 'react-dom/client';
import { createApi } from './api/client.ts';
import { askPosition } from './api/position.ts';
import { App, loadScreen } from './app.tsx';
import * as parts from './parts.ts';
import { createPageState } from './state/create-page-state.ts';
import { startLive } from './state/live.ts';
import { loadAhead } from './ui/later.tsx';
import './style/mantine.css';
import 'virtual:theme.css';
import './style/base.css';
import './style/frame.css';

// A tab that was just opened goes on from where the log ends now; one that was loaded again, from where it was.
const page = createPageState();
const position = page.place === null ? askPosition() : Promise.resolve(page.place.cursor);
const api = createApi(new URL(window.location.href), page, position);
startLive(api, page, position);

// Its file comes together with this one, and the page shows its frame meanwhile: a second frame that waits would only be in the way.
await loadScreen(window.location.pathname);
const root = document.getElementById('root');
if (root) {
  const app = createRoot(root);
  // In pieces as well: the connection and the first answers are not kept waiting.
  startTransition(() => app.render(<App api={api} page={page} />));
}

// What no screen has shown yet comes when this one has settled.
setTimeout(() => loadAhead(Object.values(parts)), 1500);
