import { operationStates } from '../../domain/operation-state.ts';
import { json, list, number, object, orNull, parameter, ref, text, whole } from './schema.ts';
import { volumePaths, volumeSchemas } from './volumes/openapi.ts';

// OpenAPI 3.1 of the old callers' routes. The names are theirs; what is new belongs into the GraphQL schema.

const words = [...new Set(Object.values(operationStates).map(({ rest }) => rest))];

const schemas = {
  Dump: object({
    dump_id: orNull(text('Identity of the dump; null for a machine that was not found.')),
    vm: text('Name of the machine.'),
    state: { type: 'string', enum: words, description: 'State of the dump; cancelled counts as failed.' },
    progress: number('0 to 100.'),
    message: text('Status in one sentence.'),
    started_at: orNull(text('When it started; null while queued.')),
    finished_at: orNull(text('When it ended; null before that.')),
    dump_path: orNull(
      text('Where the artifact lies on the server, or will; null while it waits, and where there is none.'),
    ),
    duration_sec: orNull(number('Seconds from start to end; null before the end.')),
  }),
  Rejection: object({
    vm: text('The machine, as the caller named it.'),
    code: text('Stable error code, for programs.'),
    message: text('Description of the problem.'),
    hint: text('How to fix it.'),
  }),
  Machines: {
    ...object({
      vms: list({ type: ['string', 'number'] }, 'Machines by name, number or UUID.'),
      vm_ids: list({ type: ['string', 'number'] }, 'The same, as the older dashboard calls it.'),
      compression: { type: 'string', enum: ['zstd', 'gzip', 'none'], description: 'Of the artifact; zstd if absent.' },
    }),
    required: [],
  },
  Record: object({
    time: text('When the dump was committed.'),
    timestamp: text('The same, as the older dashboard calls it.'),
    dom: text('The machine’s name at that time.'),
    vmid: text('The hypervisor’s number of the captured instance.'),
    sha256: text('SHA-256 of the artifact as it lies on disk, in hex.'),
    duration_sec: number('How long the dump took.'),
    gzip_size_bytes: whole('Size of the artifact on disk, whatever its compression.'),
    ctime: whole('The file’s change time, in seconds since 1970.'),
    mtime: whole('The file’s modification time, in seconds since 1970.'),
    atime: whole('The file’s access time, in seconds since 1970.'),
    dump_path: text('Path of the artifact on the server.'),
  }),
  Vm: object({
    id: text('The hypervisor’s number of the running instance; the UUID while it is off.'),
    name: text('Display name.'),
    uuid: text('Identity.'),
    state: text('What it is doing: running, paused, shut_off and others.'),
    memory_bytes: whole('How much memory it has.'),
    vcpus: whole('How many virtual CPUs it has.'),
    measured_at: orNull(text('When the following was measured; null while the machine is off or nobody could.')),
    cpu_percent: orNull(number('Share of all of its virtual CPUs.')),
    memory_used_bytes: orNull(whole('What the guest uses of its memory, where it tells.')),
    memory_rss_bytes: orNull(whole('What its process has resident on the host.')),
    block_read_bytes_per_sec: orNull(whole('Read from its disks.')),
    block_write_bytes_per_sec: orNull(whole('Written to its disks.')),
    net_rx_bytes_per_sec: orNull(whole('Received by its network interfaces.')),
    net_tx_bytes_per_sec: orNull(whole('Sent by its network interfaces.')),
  }),
  LastTrigger: object({
    timestamp: text('When; local time of the server.'),
    vm_ids: list({ type: 'string' }, 'The machines, as they were sent.'),
    status: text('in_progress, completed or failed.'),
    trigger_response: {
      type: 'object',
      description: 'What was answered, word for word, as long as the server remembers it.',
    },
    duration: orNull(number('Seconds until the last of them ended.')),
    error: orNull(text('Why the first that failed did.')),
  }),
  Error: object({
    detail: text('What went wrong.'),
    error: object({
      code: text('Stable error code, for programs.'),
      message: text('What went wrong.'),
      hint: text('How to fix it.'),
    }),
  }),
};

const dumpMap = {
  type: 'object',
  additionalProperties: ref('Dump'),
  description: 'The newest dump of each machine, by name.',
};
const failures = {
  '401': { description: 'A token is needed.', content: json(ref('Error')) },
  '503': { description: 'The hypervisor does not respond.', content: json(ref('Error')) },
};
const answers = (description: string, schema: object) => ({
  '200': { description, content: json(schema) },
  ...failures,
});
const get = (summary: string, description: string, schema: object, parameters: object[] = []) => ({
  get: { summary, parameters, responses: answers(description, schema) },
});
const post = (summary: string, description: string, schema: object) => ({
  post: {
    summary,
    requestBody: { required: true, content: json(ref('Machines')) },
    responses: {
      ...answers(description, schema),
      '4XX': { description: 'No dump was scheduled.', content: json(schema) },
    },
  },
});
export const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'Memoir for old callers',
    version: '1',
    description:
      'The REST routes of the systems that Memoir replaces, in their shapes. Everything new is in the GraphQL API at /graphql.',
  },
  paths: {
    '/api/memory-dumps/trigger': post(
      'Trigger dumps',
      'What was scheduled.',
      object(
        {
          status: text('scheduled, or rejected if no machine gets a dump.'),
          message: text('How many were scheduled.'),
          vm_ids: list({ type: 'string' }, 'Machines with a scheduled dump.'),
          timestamp: text('Local time of the server.'),
          rejected: list(ref('Rejection'), 'Rejected machines, with reasons.'),
          detail: text('The same in one sentence.'),
        },
        ['rejected', 'detail'],
      ),
    ),
    '/api/memory-dumps/status': get(
      'All dumps now',
      'Active dumps, and those that ended within an hour.',
      object({
        service: text('Address of this server.'),
        status: text('ok, or unavailable while the hypervisor does not respond.'),
        active_dumps: dumpMap,
        last_trigger: {
          anyOf: [ref('LastTrigger'), { type: 'null' }],
          description: 'Result of the last trigger.',
        },
        timestamp: text('Local time of the server.'),
        vm_ids: list({ type: 'string' }, 'The machines of the last trigger.'),
        duration: orNull(number('Its duration in seconds.')),
        error: orNull(text('Problem, if there is one.')),
      }),
    ),
    '/api/memory-dumps/status/{vm}': get('The newest dump of a machine', 'The dump.', ref('Dump'), [
      parameter('vm', 'path', { type: 'string' }, 'Name, number or UUID of the machine.'),
    ]),
    '/api/memory-dumps/records': get(
      'Finished dumps, newest first',
      'A page of records.',
      object(
        {
          records: list(ref('Record'), 'The page; empty with an `error` if the records cannot be read.'),
          count: whole('How many are on the page.'),
          limit: whole('How many there could be.'),
          offset: whole('How many were skipped.'),
          total: whole('How many records there are in all.'),
          warnings: list({ type: 'string' }, 'Warnings about this answer.'),
          error: text('Why the list is empty.'),
        },
        ['total', 'warnings', 'error'],
      ),
      [
        parameter(
          'limit',
          'query',
          { type: 'integer', default: 1000 },
          'How many at most, up to 10000; -1 for as many.',
        ),
        parameter('offset', 'query', { type: 'integer', default: 0 }, 'How many to skip.'),
      ],
    ),
    '/api/memory-dumps/stats': get(
      'Measures over all records',
      'Each measure, null with a warning if it failed.',
      object(
        {
          total_dumps: orNull(whole('How many dumps there are.')),
          total_vms: orNull(whole('How many machines they show.')),
          total_size_bytes: orNull(whole('Size of their artifacts together.')),
          avg_duration_sec: orNull(number('Mean duration.')),
          last_dump: orNull(text('When the newest was committed.')),
          warnings: list({ type: 'string' }, 'What could not be computed.'),
        },
        ['warnings'],
      ),
    ),
    '/api/dumps': {
      ...post(
        'Trigger dumps (service)',
        'What was scheduled.',
        object({
          status: text('scheduled, or rejected if no machine gets a dump.'),
          dumps: dumpMap,
          rejected: list(ref('Rejection'), 'Rejected machines, with reasons.'),
        }),
      ),
      ...get('All dumps now (service)', 'Active dumps, and those that ended within an hour.', dumpMap),
    },
    '/api/telemetry/live-vms': get(
      'The machines',
      'Running ones first.',
      object({
        vms: list(ref('Vm'), 'The machines.'),
        count: whole('How many.'),
        warnings: list(text('A warning.'), 'What is wrong with the records, if anything.'),
      }),
    ),
    ...volumePaths,
  },
  components: {
    schemas: { ...schemas, ...volumeSchemas },
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer', description: 'Required once the server has a token.' },
    },
  },
  security: [{}, { token: [] }],
};
