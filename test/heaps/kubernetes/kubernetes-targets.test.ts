import { expect } from 'vitest';
import { heapTargetsSuite } from '../../contracts/heap-targets.ts';
import { openKubernetesBench } from '../../fakes/kubernetes/kubernetes-bench.ts';

heapTargetsSuite('pods of a cluster', async () => {
  const { server, targets, start } = await openKubernetesBench();
  return {
    targets,
    nobody: 'kubernetes:shop/nobody',
    environment: { KUBERNETES_CONFIG: server.kubeconfig },
    start,
    async close() {
      expect(server.violations).toEqual([]);
      expect(server.running.size).toBe(0);
      await server.close();
    },
  };
});
