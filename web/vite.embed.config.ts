import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';
import { classOf } from './scripts/classes.mjs';

const own = (path: string): string => new URL(path, import.meta.url).pathname;

/** The script of other systems' pages is no module: it has no name outside of itself but `Tidings`. */
const closed = {
  name: 'closed',
  generateBundle(_: unknown, bundle: Record<string, { type: string; code?: string }>) {
    const script = bundle['widget.js'];
    if (script?.code) script.code = `(()=>{${script.code.trim()}})();\n`;
  },
};

// The chat widget: a page of its own, which other systems frame. It is built apart from the client, so that neither weighs on the other;
// what both use of `src/ui` and `src/chat` speaks here with the widget's own few words, and asks its session where the client's asks the
// core. It is built first, because it empties `dist`.
export default defineConfig({
  base: './',
  plugins: [preact({ devToolsEnabled: false, reactAliasesEnabled: false }), closed],
  publicDir: false,
  resolve: { alias: [
    { find: /^(?:\.\.\/)+i18n$/, replacement: own('src/embed/i18n.ts') },
    { find: /^(?:\.\.\/)+core$/, replacement: own('src/embed/core.ts') },
  ] },
  css: { modules: { generateScopedName: classOf } },
  build: {
    target: 'es2022',
    cssTarget: ['chrome125', 'firefox125', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    rolldownOptions: {
      input: { embed: 'embed.html', widget: 'src/embed/widget.ts' },
      output: {
        entryFileNames: '[name].js', chunkFileNames: 'embed-[name].js', assetFileNames: 'embed[extname]',
        codeSplitting: { groups: [{ name: 'page', tags: ['$initial'], test: (id: string) => !id.endsWith('/src/embed/widget.ts') }] },
      },
    },
  },
} as Parameters<typeof defineConfig>[0]);
