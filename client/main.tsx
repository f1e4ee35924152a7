import { createRoot } from 'react-dom/client';
import { remembered } from './api/activity.ts';
import { createApi } from './api/client.ts';
import { startLive } from './api/live.ts';
import { askPosition } from './api/position.ts';
import { App } from './app.tsx';
import { loadAhead } from './lib/later.tsx';
import './style/mantine.css';
import './style/base.css';
import './style/frame.css';

// A tab that was just opened goes on from where the log ends now; one that was loaded again, from where it was.
const position = remembered.place === null ? askPosition() : Promise.resolve(remembered.place.cursor);
const api = createApi(new URL(window.location.href), position);
startLive(api, position);

const root = document.getElementById('root');
if (root) createRoot(root).render(<App api={api} />);

// What no screen has shown yet comes when this one has settled.
window.addEventListener('load', () => setTimeout(loadAhead, 1500));
