import { defineConfig } from 'vitest/config';
import { LongestFirst } from './longest-first.ts';
import { Retried } from './retried.ts';
import { missing } from './system.ts';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  // As Node itself resolves packages: Vite's own conditions find a second copy of graphql beside the one of its plugins.
  resolve: { conditions: ['module-sync', 'node'] },
  ssr: { resolve: { conditions: ['module-sync', 'node'] } },
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A second, as Vitest has it, is less than a busy machine needs.
    expect: { poll: { timeout: 20_000 } },
    // As CI, on a machine that others may keep busy too: what fails is tried once more, and the runner names it (retry x1).
    retry: process.env.REQUIRE_SYSTEM === '1' ? 1 : 0,
    // Two cores are the smallest machine that must pass. Real guests and browsers keep both busy; without them many tests wait.
    maxWorkers: missing('qemu-system-x86_64', 'chromium').length > 0 ? 4 : 2,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new Retried()],
    pool: 'forks',
    // A process for each worker, not for each file: starting them and reading the code again was a third of the time.
    isolate: false,
    // One process for dozens of files: with room for what is young, the collector runs less often.
    execArgv: ['--min-semi-space-size=16'],
  },
});
