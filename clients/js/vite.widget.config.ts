import { copyFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const host = process.env['WIDGET'] === 'host';

// Two files, each on its own: the script that other pages load, and the frame's. WIDGET=host builds the first.
export default defineConfig({
  resolve: { alias: { '@preact/signals': here('node_modules/@preact/signals-core'), idb: here('node_modules/idb') } },
  plugins: [{
    name: 'page',
    closeBundle() {
      mkdirSync(here('dist-widget/widget'), { recursive: true });
      for (const name of ['index.html', 'frame.css']) copyFileSync(here(`widget/${name}`), here(`dist-widget/widget/${name}`));
    },
  }],
  build: {
    target: 'es2022',
    emptyOutDir: host,
    outDir: 'dist-widget',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: host ? 'widget/host.ts' : 'widget/frame.ts',
      external: ['ws'],
      output: { format: host ? 'iife' : 'es', entryFileNames: host ? 'widget.js' : 'widget/frame.js', codeSplitting: false },
    },
  },
});
