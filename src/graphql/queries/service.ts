import { builder, failsAlone } from '../builder.ts';
import { ServiceType } from '../types/service.ts';

builder.queryField('service', (t) =>
  t.field({
    type: ServiceType,
    ...failsAlone,
    description: 'The server itself: what it works with and how it is doing.',
    resolve: (_, __, { services }) => services,
  }),
);
