import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const own = (name: string): string => fileURLToPath(new URL(`node_modules/${name}`, import.meta.url));

// The core of the browser client is built in. It is written against Preact's signals; here their core does, without Preact.
export default defineConfig({
  resolve: { alias: { '@preact/signals': own('@preact/signals-core'), idb: own('idb') } },
  build: {
    target: 'es2022',
    minify: false,
    lib: { entry: 'src/index.ts', formats: ['es'], fileName: 'index' },
    rolldownOptions: { external: ['ws'], output: { codeSplitting: false } },
  },
  test: { include: ['test/**/*.test.ts'], environment: 'node', testTimeout: 30_000, hookTimeout: 30_000 },
} as Parameters<typeof defineConfig>[0]);
