import { expect } from 'vitest';
import { heapTargetsSuite } from '../../contracts/heap-targets.ts';
import { openKubernetesBench } from '../../fakes/kubernetes/kubernetes-bench.ts';

for (const protocol of ['v5.channel.k8s.io', 'v4.channel.k8s.io']) {
  heapTargetsSuite(`pods of a cluster that speaks ${protocol}`, async () => {
    const { server, targets, start } = await openKubernetesBench([protocol]);
    return {
      targets,
      nobody: 'kubernetes:shop/nobody',
      start,
      async close() {
        expect(server.violations).toEqual([]);
        await server.close();
      },
    };
  });
}
