import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

// Stable names, so that a rebuild edits the committed files in place; the server adds the version to their addresses.
export default defineConfig({
  base: './',
  plugins: [preact({ devToolsEnabled: false, reactAliasesEnabled: false })],
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { app: 'index.html', sw: 'src/sw.ts' },
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js', assetFileNames: '[name][extname]' },
    },
  },
  server: {
    port: 5173,
    proxy: {
      '/api': 'http://127.0.0.1:8000',
      '/media': 'http://127.0.0.1:8000',
      '/ws': { target: 'ws://127.0.0.1:8000', ws: true },
    },
  },
  test: { include: ['test/unit/**/*.test.ts', 'test/unit/**/*.test.tsx'], environment: 'node' },
} as Parameters<typeof defineConfig>[0]);
