import type { HostFinding } from '../../doctor/finding.ts';
import { builder } from '../builder.ts';
import { FindingStateEnum } from '../enums.ts';

export const FindingType = builder.objectRef<HostFinding>('Finding').implement({
  description: 'Something that the server needs of its machine, and its state.',
  fields: (t) => ({
    about: t.exposeString('about', { description: 'What it is about.' }),
    state: t.field({ type: FindingStateEnum, description: 'How it is.', resolve: ({ state }) => state }),
    finding: t.exposeString('finding', { description: 'What was found, in one sentence.' }),
    consequence: t.exposeString('consequence', {
      nullable: true,
      description: 'What does not work because of it; null where all is well.',
    }),
    mend: t.exposeString('mend', {
      nullable: true,
      description: 'What to do about it; null if no action is needed.',
    }),
  }),
});
