// SPDX-License-Identifier: Apache-2.0
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// The page is served at / and at /console; its files are always under /console.
export default defineConfig({
  base: '/console/',
  plugins: [react()],
  build: {
    outDir: process.env.FLOTILLA_WEBUI_OUT ?? 'dist',
    emptyOutDir: true,
    // The policy of the page forbids styles and scripts that are written into it.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
  server: { proxy: { '/console/api': 'http://127.0.0.1:20001' } },
  test: { environment: 'node' },
});
