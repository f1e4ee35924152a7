import { createRoot } from 'react-dom/client';
import { createApi } from './api/client.ts';
import { App } from './app.tsx';
import './style/mantine.css';
import './style/base.css';

const root = document.getElementById('root');
if (root) createRoot(root).render(<App api={createApi(new URL(window.location.href))} />);
