import type { UnwantedArtifacts } from '../../dumps/artifact-tidy.ts';
import { builder } from '../builder.ts';

export const UnwantedArtifactsType = builder.objectRef<UnwantedArtifacts>('UnwantedArtifacts').implement({
  description: 'Artifacts in the dump folder of which this server has no record.',
  fields: (t) => ({
    count: t.exposeInt('count', { description: 'How many there are.' }),
    sizeBytes: t.expose('sizeBytes', { type: 'ByteCount', description: 'What they take together.' }),
    locations: t.field({
      type: ['String'],
      description: 'Where the first twenty of them are.',
      resolve: ({ locations }) => [...locations],
    }),
  }),
});
