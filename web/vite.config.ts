import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';
import { ahead } from './scripts/ahead.mjs';
import { classOf } from './scripts/classes.mjs';
import { emoji } from './scripts/emoji.mjs';
import { stamp } from './scripts/stamp.mjs';

/** `src/chat/index.tsx` is chat.js, `src/i18n/en/chat.ts` is i18n-en-chat.js: two files of one name would be numbered by chance. */
function nameOf(chunk: { name: string; facadeModuleId?: string | null }): string {
  const path = /\/src\/(.+?)(?:\/index)?\.tsx?$/.exec(chunk.facadeModuleId ?? '')?.[1];
  return `${(path ?? chunk.name.replace(/^[^\w]*virtual[:_]/, '')).replaceAll('/', '-')}.js`;
}

// Stable names, so that a rebuild edits the committed files in place; the server adds the version to their addresses.
export default defineConfig({
  base: './',
  plugins: [preact({ devToolsEnabled: false, reactAliasesEnabled: false }), emoji(), ahead(), stamp()],
  css: { modules: { generateScopedName: classOf } },
  build: {
    target: 'es2022',
    // The widget is built before (`vite.embed.config.ts`), which empties the folder.
    emptyOutDir: false,
    // Browsers that have popovers, as these pages need, have light-dark() too.
    cssTarget: ['chrome125', 'firefox125', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // One style sheet: it is small, and a page that comes later has its looks at once.
    cssCodeSplit: false,
    rolldownOptions: {
      input: { app: 'index.html', sw: 'src/sw.ts' },
      output: {
        entryFileNames: '[name].js', chunkFileNames: nameOf, assetFileNames: '[name][extname]',
        // Few files: what every visit starts with is one, what pages have in common another. The worker stands alone.
        codeSplitting: { groups: [
          { name: 'start', tags: ['$initial'], test: (id: string) => !id.endsWith('/src/sw.ts'), priority: 3 },
          // What the log-in and the chats have in common, and the log-in.
          { name: 'ui', test: /\/src\/(?:ui\/(?:Dialog|Field)|shell\/title)\./, priority: 2 },
          { name: 'auth', test: /\/src\/auth\/(?:index|Ended|Frame|LogIn)\.tsx$/, priority: 2 },
          // With the connection and what is kept on the device, which it is empty without: one request and not four.
          { name: 'chat', test: /\/src\/(?:core\/(?:browser|leader|db)|shell\/index|chat\/index)\.tsx?$/, priority: 1 },
          // For the list of chats with assistants, which needs nothing else of what pages have in common.
          { name: 'assistant', test: /\/src\/assistant\/AssistantMenu\.tsx$/, priority: 1 },
          { name: 'common', minShareCount: 2, test: /\/src\/(?!core\/(?!admin)|i18n|sw)/, priority: 0 },
        ] },
      },
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
