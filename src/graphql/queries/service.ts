import { builder, failsAlone } from '../builder.ts';
import { ServiceType } from '../types/service.ts';

builder.queryField('service', (t) =>
  t.field({
    type: ServiceType,
    ...failsAlone,
    description: 'The server: what it works with, and its health.',
    resolve: (_, __, { services }) => services,
  }),
);
