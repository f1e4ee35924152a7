import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  // As Node itself resolves packages: Vite's own conditions find a second copy of graphql beside the one of its plugins.
  resolve: { conditions: ['module-sync', 'node'] },
  ssr: { resolve: { conditions: ['module-sync', 'node'] } },
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two cores are the smallest machine that must pass; integration tests start real servers.
    maxWorkers: 2,
    pool: 'forks',
    // A process for each worker, not for each file: starting them and reading the code again was a third of the time.
    isolate: false,
  },
});
