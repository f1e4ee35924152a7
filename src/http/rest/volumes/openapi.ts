import { json, list, number, object, orNull, parameter, ref, text, whole } from '../schema.ts';
import { statuses, types } from './shapes.ts';

// The old volume daemon's routes, on the usual port and on VOLUME_API_PORT.

const word = (values: readonly string[], description: string) => ({
  type: 'string',
  enum: [...new Set(values)],
  description,
});

export const volumeSchemas = {
  VolumeOperation: object(
    {
      id: text('`op-` and a UUID.'),
      type: word(Object.values(types), 'What it does.'),
      status: word(Object.values(statuses), 'A cancelled one counts as failed.'),
      volume_id: text('`vol-` and a UUID; absent until a new volume is there.'),
      vm_id: text('UUID of the machine, where there is one.'),
      request: {
        type: 'object',
        description: 'What was asked for.',
        properties: {
          name: text('Name of the new volume.'),
          volume_id: orNull(text('Which volume.')),
          size: whole('Bytes to create or to resize to.'),
          vm_id: text('UUID of the machine.'),
        },
      },
      response: object(
        {
          volume_id: orNull(text('Which volume.')),
          message: text('What was done, in one sentence.'),
          device_path: text('Where the attached device is on this host.'),
        },
        ['device_path'],
      ),
      error: text('Why it failed.'),
      error_code: text('The same as a stable code, for programs.'),
      error_hint: text('How to fix it.'),
      created_at: text('When it was requested.'),
      updated_at: text('When its status changed last.'),
      completed_at: text('When it ended.'),
    },
    ['volume_id', 'vm_id', 'response', 'error', 'error_code', 'error_hint', 'completed_at'],
  ),
  Volume: object({
    id: text('`vol-` and a UUID.'),
    volume_id: text('The same.'),
    name: text('Its name; unique.'),
    size: whole('Bytes.'),
    status: text('available, attached and others.'),
    state: text('The same.'),
    provider: text('libvirt, cloudstack or demo.'),
    provider_id: orNull(text('The provider’s own id; null until it is made.')),
    serial: orNull(text('What its device shows as its serial number.')),
    zone_id: orNull(text('The zone or storage pool that was asked for.')),
    disk_offering_id: orNull(text('The disk offering or format that was asked for.')),
    vm_id: orNull(text('UUID of the machine that has it.')),
    vm_name: orNull(text('Name of the machine that has it.')),
    device_path: orNull(text('Its device on this host as it was verified last.')),
    problem: orNull(text('What disagrees with the world.')),
    created_at: text('When it was created.'),
    updated_at: text('When it changed last.'),
  }),
  DeviceMapping: object({
    volume_id: text('`vol-` and a UUID.'),
    vm_id: orNull(text('UUID of the machine that has it.')),
    device_path: text('Where it is opened now; verified by this request.'),
    cloudstack_state: text('The volume’s state.'),
    linux_state: text('detected.'),
    size: whole('Bytes.'),
    device_number: text('`major:minor`.'),
    diskseq: orNull(whole('Grows with every device that appears; null before Linux 5.15.')),
    serial: orNull(text('What the device shows as its serial number.')),
    last_sync: text('When it was verified.'),
    created_at: text('When it was attached.'),
    updated_at: text('When the volume changed last.'),
  }),
};

const failures = {
  '400': { description: 'The request is not understood.', content: json(ref('Error')) },
  '401': { description: 'A token is needed.', content: json(ref('Error')) },
  '403': { description: 'The token’s role is too low.', content: json(ref('Error')) },
  '404': { description: 'There is no such volume, machine or operation.', content: json(ref('Error')) },
  '409': { description: 'The volume is used, or an operation is at work on it.', content: json(ref('Error')) },
};
const volumeId = parameter('id', 'path', { type: 'string' }, 'A UUID, with or without `vol-`, or a volume’s name.');
const answer = (summary: string, schema: object, parameters: object[] = []) => ({
  summary,
  parameters,
  responses: { '200': { description: summary, content: json(schema) }, ...failures },
});
/** Starts an operation, which is then asked for by its id. */
const start = (summary: string, body: object | null, parameters: object[] = [volumeId]) => ({
  summary,
  parameters,
  ...(body === null ? {} : { requestBody: { required: true, content: json(body) } }),
  responses: {
    '202': { description: 'The operation that was started.', content: json(ref('VolumeOperation')) },
    ...failures,
  },
});

const health = object({
  status: text('healthy, or degraded while the provider cannot be asked.'),
  version: text('Of this server.'),
  timestamp: text('Now.'),
  last_sync: orNull(text('When the volumes were compared with the world last.')),
  problems: list({ type: 'string' }, 'What disagrees with the world.'),
  error: orNull(text('Why the provider could not be asked.')),
});

const metrics = object({
  total_operations: whole('Operations on volumes in the journal.'),
  pending_operations: whole('That wait.'),
  executing_operations: whole('That run.'),
  completed_operations: whole('That succeeded.'),
  failed_operations: whole('That failed.'),
  cancelled_operations: whole('That were cancelled.'),
  error_rate_percent: number('Failed ones among those that succeeded or failed.'),
  total_volumes: whole('Volumes in the catalogue.'),
  active_mappings: whole('Volumes with a device on this host.'),
  operations_by_type: object(Object.fromEntries(Object.values(types).map((type) => [type, whole('How many.')]))),
});

const sync = object({
  status: text('completed, or failed if the provider could not be asked.'),
  at: text('When it was compared.'),
  volumes: whole('How many volumes.'),
  repaired: list({ type: 'string' }, 'What was put right.'),
  problems: list({ type: 'string' }, 'What could not be put right.'),
  failure: orNull(text('Why the provider could not be asked.')),
  orphans: list({ type: 'string' }, 'Volumes of our mark that the catalogue does not know.'),
});

export const volumePaths = {
  '/api/v1/volumes': {
    post: start(
      'Create a volume',
      object(
        {
          name: text('1 to 64 letters, digits and ._-'),
          size: whole('Bytes.'),
          zone_id: orNull(text('Zone or storage pool.')),
          disk_offering_id: orNull(text('Disk offering or format.')),
        },
        ['zone_id', 'disk_offering_id'],
      ),
      [],
    ),
    get: answer('The volumes', object({ volumes: list(ref('Volume'), 'By name.'), count: whole('How many.') })),
  },
  '/api/v1/volumes/{id}': {
    get: answer('A volume', ref('Volume'), [volumeId]),
    delete: start('Delete a volume with its bytes', null),
  },
  '/api/v1/volumes/{id}/attach': {
    post: start('Attach a volume', object({ vm_id: text('Name or UUID of the machine.') })),
  },
  '/api/v1/volumes/{id}/device': { get: answer('The volume’s device', ref('DeviceMapping'), [volumeId]) },
  '/api/v1/volumes/{id}/resize': { post: start('Make a volume larger', object({ size: whole('Bytes.') })) },
  '/api/v1/volumes/{id}/detach': {
    post: start('Detach a volume', object({ vm_id: orNull(text('Refused if another machine has it.')) }, ['vm_id'])),
  },
  '/api/v1/operations': {
    get: answer(
      'Operations on volumes, newest first',
      object({ operations: list(ref('VolumeOperation'), 'The operations.'), count: whole('How many.') }),
      [
        parameter('type', 'query', word(Object.values(types), ''), 'Only these.'),
        parameter('status', 'query', word(Object.values(statuses), ''), 'Only these.'),
        parameter('volume_id', 'query', { type: 'string' }, 'Only of this volume.'),
        parameter('limit', 'query', { type: 'integer', default: 50, maximum: 200 }, 'How many at most.'),
      ],
    ),
  },
  '/api/v1/operations/{id}': {
    get: answer('An operation', ref('VolumeOperation'), [
      parameter('id', 'path', { type: 'string' }, 'With or without `op-`.'),
    ]),
  },
  '/api/v1/health': { get: answer('Whether volumes agree with the world', health) },
  '/api/v1/metrics': { get: answer('Counts of operations and volumes', metrics) },
  '/api/v1/admin/force-sync': { post: answer('Compare the volumes with the world now', sync) },
};
