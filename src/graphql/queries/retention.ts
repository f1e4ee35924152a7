import { builder, failsAlone } from '../builder.ts';
import { policyOf, RetentionPolicyInput } from '../retention-input.ts';
import { HoldType, RetentionPolicyType, RetentionPreviewType, RetentionRunType } from '../types/retention.ts';

builder.queryField('retentionPolicies', (t) =>
  t.field({
    type: [RetentionPolicyType],
    ...failsAlone,
    description: 'The policies of what is kept, by name.',
    resolve: async (_, __, { services }) => [...(await services.retention.policies())],
  }),
);

builder.queryField('retentionPreview', (t) =>
  t.field({
    type: RetentionPreviewType,
    ...failsAlone,
    description: 'What would be removed and what would be kept now, and why. Changes nothing.',
    args: {
      policies: t.arg({
        type: [RetentionPolicyInput],
        description: 'With these policies instead of the saved ones.',
      }),
    },
    resolve: (_, { policies }, { services }) => services.retention.preview(policies?.map(policyOf)),
  }),
);

builder.queryField('retentionRuns', (t) =>
  t.field({
    type: [RetentionRunType],
    ...failsAlone,
    description: 'The last times that retention removed something, or could not; newest first.',
    args: { first: t.arg.int({ required: true, defaultValue: 20, description: 'How many; at most 100.' }) },
    resolve: async (_, { first }, { services }) => [...(await services.retention.runs(first))],
  }),
);

builder.queryField('holds', (t) =>
  t.field({
    type: [HoldType],
    ...failsAlone,
    description: 'What is held, oldest hold first.',
    resolve: async (_, __, { services }) => [...(await services.retention.holds())],
  }),
);
