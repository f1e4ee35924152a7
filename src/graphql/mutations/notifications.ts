import { MemoirError } from '../../domain/memoir-error.ts';
import type { Hook, NewHook } from '../../notifications/hook.ts';
import type { Delivery } from '../../notifications/notifications.ts';
import { builder, failsAlone } from '../builder.ts';
import { attempt, payloadType } from '../payload.ts';
import { DeliveryType, HookType, NotificationKindEnum, NotificationSeverityEnum } from '../types/notification.ts';

const HookTargetInput = builder.inputType('HookTargetInput', {
  description: 'Where notifications go: one of the two.',
  isOneOf: true,
  fields: (t) => ({
    url: t.string({
      description: 'A webhook’s address: https, or http for localhost; private networks only with HOOKS_ALLOW_PRIVATE.',
    }),
    mailTo: t.stringList({ description: 'Mail addresses, at most 20.' }),
  }),
});

const HookInput = builder.inputType('HookInput', {
  description: 'Settings of a hook.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Its name: 1 to 64 letters, digits, spaces or ._@:-' }),
    target: t.field({ type: HookTargetInput, required: true, description: 'Where notifications go.' }),
    kinds: t.field({ type: [NotificationKindEnum], description: 'What it is notified of; everything if absent.' }),
    machinePattern: t.string({ description: 'Names of machines, with * and ?; all if absent.' }),
    minSeverity: t.field({ type: NotificationSeverityEnum, description: 'Lowest severity; INFO if absent.' }),
  }),
});

function wishOf({ name, target, kinds, machinePattern, minSeverity }: typeof HookInput.$inferInput): NewHook {
  const { url, mailTo } = target;
  if (url == null && mailTo == null) throw new MemoirError('BAD_INPUT', 'target: needs a url or mailTo');
  return {
    name,
    target: url == null ? { type: 'MAIL', to: [...(mailTo ?? [])] } : { type: 'WEBHOOK', url },
    kinds: [...(kinds ?? [])],
    machinePattern: machinePattern ?? null,
    minSeverity: minSeverity ?? 'INFO',
  };
}

const admin = { ...failsAlone, authScopes: { role: 'ADMIN' }, skipTypeScopes: true } as const;

interface MadeHook {
  readonly hook: Hook;
  readonly secret: string | null;
}

const hookWithSecret = (name: string, description: string) =>
  payloadType<MadeHook>(name, description, (t) => ({
    hook: t.expose('hook', { type: HookType, nullable: true, description: 'The hook.' }),
    secret: t.exposeString('secret', {
      nullable: true,
      description: 'What signs its requests (`whsec_…`). Shown only once; null for mail.',
    }),
  }));

const hookAlone = (name: string, description: string) =>
  payloadType<{ readonly hook: Hook }>(name, description, (t) => ({
    hook: t.expose('hook', { type: HookType, nullable: true, description: 'The hook.' }),
  }));

const deliveryAlone = (name: string, description: string) =>
  payloadType<{ readonly delivery: Delivery }>(name, description, (t) => ({
    delivery: t.expose('delivery', { type: DeliveryType, nullable: true, description: 'The delivery.' }),
  }));

builder.mutationField('createHook', (t) =>
  t.field({
    type: hookWithSecret('CreateHookPayload', 'A new hook, and its secret.'),
    ...admin,
    description: 'Creates a receiver of notifications.',
    args: { input: t.arg({ type: HookInput, required: true, description: 'Its settings.' }) },
    resolve: attempt(({ input }: { input: typeof HookInput.$inferInput }, { services, actor }) =>
      services.notifications.createHook(wishOf(input), actor.name),
    ),
  }),
);

builder.mutationField('updateHook', (t) =>
  t.field({
    type: hookAlone('UpdateHookPayload', 'The changed hook.'),
    ...admin,
    description: 'Replaces the settings of a hook; its secret stays.',
    args: {
      id: t.arg.id({ required: true, description: 'The hook’s id.' }),
      input: t.arg({ type: HookInput, required: true, description: 'All its settings.' }),
    },
    resolve: attempt(async ({ id, input }: { id: string; input: typeof HookInput.$inferInput }, { services }) => ({
      hook: await services.notifications.updateHook(id, wishOf(input)),
    })),
  }),
);

builder.mutationField('setHookEnabled', (t) =>
  t.field({
    type: hookAlone('SetHookEnabledPayload', 'The changed hook.'),
    ...admin,
    description: 'Switches a hook on or off. While it is off, what was pending waits and nothing new is kept for it.',
    args: {
      id: t.arg.id({ required: true, description: 'The hook’s id.' }),
      enabled: t.arg.boolean({ required: true, description: 'Whether it delivers.' }),
    },
    resolve: attempt(async ({ id, enabled }: { id: string; enabled: boolean }, { services }) => ({
      hook: await services.notifications.setHookEnabled(id, enabled),
    })),
  }),
);

builder.mutationField('deleteHook', (t) =>
  t.field({
    type: hookAlone('DeleteHookPayload', 'The deleted hook.'),
    ...admin,
    description: 'Deletes a hook, with its pending deliveries.',
    args: { id: t.arg.id({ required: true, description: 'The hook’s id.' }) },
    resolve: attempt(async ({ id }: { id: string }, { services }) => ({
      hook: await services.notifications.deleteHook(id),
    })),
  }),
);

builder.mutationField('rotateHookSecret', (t) =>
  t.field({
    type: hookWithSecret('RotateHookSecretPayload', 'The hook, and its new secret.'),
    ...admin,
    description: 'Gives a hook a new secret. For a day requests carry a signature of the old one as well.',
    args: { id: t.arg.id({ required: true, description: 'The hook’s id.' }) },
    resolve: attempt(({ id }: { id: string }, { services }) => services.notifications.rotateSecret(id)),
  }),
);

builder.mutationField('testHook', (t) =>
  t.field({
    type: deliveryAlone('TestHookPayload', 'How the test went.'),
    ...admin,
    description: 'Sends a test to a hook at once and waits for the answer; it is not tried again.',
    args: { id: t.arg.id({ required: true, description: 'The hook’s id.' }) },
    resolve: attempt(async ({ id }: { id: string }, { services }) => ({
      delivery: await services.notifications.testHook(id),
    })),
  }),
);

builder.mutationField('resendDelivery', (t) =>
  t.field({
    type: deliveryAlone('ResendDeliveryPayload', 'The delivery, pending again.'),
    ...admin,
    description: 'Sends a delivery again, from the beginning of the schedule of attempts.',
    args: { id: t.arg.id({ required: true, description: 'The delivery’s id.' }) },
    resolve: attempt(async ({ id }: { id: string }, { services }) => {
      if (!/^\d{1,15}$/.test(id)) throw new MemoirError('NOT_FOUND', `there is no delivery ${id}`);
      return { delivery: await services.notifications.resend(Number(id)) };
    }),
  }),
);
