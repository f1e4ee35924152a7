import { startTransition } from 'react';
import { createRoot } from 'react-dom/client';
import { createApi } from './api/client.ts';
import { askPosition } from './api/position.ts';
import { App, loadScreen } from './app.tsx';
import { remembered } from './state/activity.ts';
import { startLive } from './state/live.ts';
import { loadAhead } from './ui/later.tsx';
import './style/mantine.css';
import 'virtual:theme.css';
import './style/base.css';
import './style/frame.css';

// A tab that was just opened goes on from where the log ends now; one that was loaded again, from where it was.
const position = remembered.place === null ? askPosition() : Promise.resolve(remembered.place.cursor);
const api = createApi(new URL(window.location.href), position);
startLive(api, position);

// Its file comes together with this one, and the page shows its frame meanwhile: a second frame that waits would only be in the way.
await loadScreen(window.location.pathname);
const root = document.getElementById('root');
if (root) {
  const app = createRoot(root);
  // In pieces as well: the connection and the first answers are not kept waiting.
  startTransition(() => app.render(<App api={api} />));
}

// What no screen has shown yet comes when this one has settled.
setTimeout(loadAhead, 1500);
