/** Starts the pages. */
import './ui/mantine.css';
import './ui/tokens.css';
import './ui/layout.css';
import './ui/parts.css';
import './ui/forms.css';
import './ui/data.css';
import './ui/console.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element with the id "root"');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
