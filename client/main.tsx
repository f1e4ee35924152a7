import { createRoot } from 'react-dom/client';
import { createApi } from './api/client.ts';
import { startLive } from './api/live.ts';
import { App } from './app.tsx';
import './style/mantine.css';
import './style/base.css';

const api = createApi(new URL(window.location.href));
startLive(api);

const root = document.getElementById('root');
if (root) createRoot(root).render(<App api={api} />);
