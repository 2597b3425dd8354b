/**
 * Builds the pages into dist/web, where the server serves them from; `vite` itself serves them for development
 * and hands every call of the API on to the server at LARDER_URL.
 */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env.LARDER_URL ?? 'http://127.0.0.1:3000';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy allows no data: scripts or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': server, '/health': server, '/readyz': server },
  },
});
