import type { Hold } from '../../records/holds.ts';
import type { ArtifactKind, RetentionPolicy } from '../../retention/policy.ts';
import type { RetentionRun } from '../../retention/retention-store.ts';
import { builder, failsAlone } from '../builder.ts';
import { ArtifactKindEnum } from '../enums.ts';
import { attempt, payloadType } from '../payload.ts';
import { policyOf, RetentionPolicyInput } from '../retention-input.ts';
import { HoldType, RetentionPolicyType, RetentionRunType } from '../types/retention.ts';

type Draft = typeof RetentionPolicyInput.$inferInput;

const PolicyPayload = payloadType<{ readonly policy: RetentionPolicy }>(
  'RetentionPolicyPayload',
  'Result of the request.',
  (t) => ({ policy: t.expose('policy', { type: RetentionPolicyType, nullable: true, description: 'The policy.' }) }),
);

builder.mutationField('saveRetentionPolicy', (t) =>
  t.field({
    type: PolicyPayload,
    ...failsAlone,
    description: 'Creates a policy, or replaces all of one. It is applied within the hour, or by runRetention.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    args: {
      id: t.arg.id({ description: 'The policy to replace; a new one if absent.' }),
      input: t.arg({ type: RetentionPolicyInput, required: true, description: 'All of it.' }),
    },
    resolve: attempt(async ({ id, input }: { id?: string | null | undefined; input: Draft }, { services }) => ({
      policy: await services.retention.save(id ?? null, policyOf(input)),
    })),
  }),
);

builder.mutationField('deleteRetentionPolicy', (t) =>
  t.field({
    type: PolicyPayload,
    ...failsAlone,
    description: 'Deletes a policy: what it covered falls under the next policy that matches, or is kept.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    args: { id: t.arg.id({ required: true, description: 'The policy’s id.' }) },
    resolve: attempt(async ({ id }: { id: string }, { services }) => ({ policy: await services.retention.remove(id) })),
  }),
);

const RunPayload = payloadType<{ readonly run: RetentionRun }>('RunRetentionPayload', 'What went.', (t) => ({
  run: t.expose('run', { type: RetentionRunType, nullable: true, description: 'What went.' }),
}));

builder.mutationField('runRetention', (t) =>
  t.field({
    type: RunPayload,
    ...failsAlone,
    description: 'Removes now what the policies do not keep. Records stay, marked as deleted.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    args: {
      fingerprint: t.arg.string({
        description: 'Fingerprint of a preview: nothing is removed if the preview is out of date (RETENTION_CHANGED).',
      }),
    },
    resolve: attempt(async ({ fingerprint }: { fingerprint?: string | null | undefined }, { services, actor }) => ({
      run: await services.retention.run(actor.name, fingerprint ?? null),
    })),
  }),
);

const HoldPayload = payloadType<{ readonly hold: Hold }>('HoldPayload', 'Result of the request.', (t) => ({
  hold: t.expose('hold', { type: HoldType, nullable: true, description: 'The hold.' }),
}));

const kindArg = { type: ArtifactKindEnum, required: true, defaultValue: 'DUMP', description: 'What it is.' } as const;
const idArg = { required: true, description: 'The dump’s id, or that of the heap captures’ session.' } as const;

builder.mutationField('holdArtifact', (t) =>
  t.field({
    type: HoldPayload,
    ...failsAlone,
    description: 'Holds an artifact: it cannot be deleted, by retention or by hand, until it is released.',
    args: {
      kind: t.arg(kindArg),
      id: t.arg.id(idArg),
      reason: t.arg.string({ required: true, description: 'Reason: 1 to 500 characters, for others to read.' }),
    },
    resolve: attempt(
      async ({ kind, id, reason }: { kind: ArtifactKind; id: string; reason: string }, { services, actor }) => ({
        hold: await services.retention.hold(kind, id, reason, actor.name),
      }),
    ),
  }),
);

builder.mutationField('releaseArtifact', (t) =>
  t.field({
    type: HoldPayload,
    ...failsAlone,
    description: 'Releases a hold: the artifact may be deleted from then on.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    args: { kind: t.arg(kindArg), id: t.arg.id(idArg) },
    resolve: attempt(async ({ kind, id }: { kind: ArtifactKind; id: string }, { services }) => ({
      hold: await services.retention.release(kind, id),
    })),
  }),
);
