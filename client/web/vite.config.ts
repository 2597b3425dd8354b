/**
 * Builds the pages into dist/web, where the server serves them from; `vite` itself serves them for development
 * and hands every call of the API on to the server at LARDER_URL.
 */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The host stays the pages' own: the server refuses posts whose origin is another host than they were sent to. */
const server = { target: process.env.LARDER_URL ?? 'http://127.0.0.1:3000', changeOrigin: false };

export default defineConfig(({ command }) => {
  // Tests and start scripts set it for their own reasons; React would be built for debugging then.
  if (command === 'build') process.env.NODE_ENV = 'production';
  return {
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
  };
});
