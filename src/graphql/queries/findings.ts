import { builder, failsAlone } from '../builder.ts';
import { FindingType } from '../types/finding.ts';

builder.queryField('hostFindings', (t) =>
  t.field({
    type: [FindingType],
    ...failsAlone,
    description:
      'Looks at everything that the server needs of its machine, as `memoir doctor` does there. Changes nothing; takes up to five seconds.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    resolve: async (_, __, { services }) => [...(await services.examineHost())],
  }),
);
