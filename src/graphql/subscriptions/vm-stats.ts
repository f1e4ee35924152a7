import { MemoirError } from '../../domain/memoir-error.ts';
import type { Round } from '../../telemetry/sample.ts';
import { builder } from '../builder.ts';
import { watchRounds } from '../streams/rounds.ts';
import { VmUsageType } from '../types/vm-stats.ts';

/** Most names or ids of one subscription. */
const maxNamed = 1000;

builder.subscriptionField('vmStats', (t) =>
  t.field({
    type: [VmUsageType],
    description:
      'What machines use: at once as it was measured last, then every ten seconds. Machines that are off are not in it, and nothing comes while the hypervisor is away.',
    args: {
      vms: t.arg.stringList({ description: 'Only of these machines, now and later: names or UUIDs, 1 to 1000.' }),
    },
    subscribe: (_, { vms }, { services }) => {
      if (vms != null && (vms.length < 1 || vms.length > maxNamed))
        throw new MemoirError('BAD_INPUT', `vms must have 1 to ${maxNamed} entries, not ${vms.length}`);
      return watchRounds(services.telemetry);
    },
    resolve: ({ samples }: Round, { vms }) => {
      const wanted = vms && new Set(vms);
      return samples.filter(({ machineId, name }) => !wanted || wanted.has(machineId) || wanted.has(name));
    },
  }),
);
