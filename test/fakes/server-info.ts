import type { ServerInfo } from '../../src/graphql/services.ts';

/** What a test's server says of itself where nothing is wrong. */
export const serverInfo = (more: Partial<ServerInfo> = {}): ServerInfo => ({
  version: '0.0.0-test',
  startedAtMs: Date.now(),
  maxParallelDumps: 1,
  nodeId: '00000000-0000-4000-8000-00000000000f',
  databaseDamage: () => null,
  isReindexAdvised: async () => false,
  isInfluxLacking: () => false,
  ...more,
});
