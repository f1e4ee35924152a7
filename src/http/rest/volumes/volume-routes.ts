import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Access } from '../../../access/access.ts';
import type { Actor } from '../../../access/actor.ts';
import { MemoirError } from '../../../domain/memoir-error.ts';
import { namesOf } from '../../../domain/table.ts';
import { bearerToken } from '../../credentials.ts';
import { pathPart } from '../../path-part.ts';
import type { Ask } from '../ask.ts';
import {
  type DeviceNode,
  fromOperationId,
  fromVolumeId,
  isOfVolume,
  type OperationNode,
  operationFields,
  statuses,
  toMapping,
  toOperation,
  toVolume,
  types,
  type VolumeNode,
  volumeFields,
} from './shapes.ts';

const root = '/api/v1';
const text = z.string().min(1).max(512);
const optional = text.nullish().transform((value) => value ?? null);
const bytes = z.number().int().positive();

const createBody = z.object({ name: text, size: bytes, zone_id: optional, disk_offering_id: optional });
const attachBody = z.object({ vm_id: text });
const detachBody = z.object({ vm_id: optional }).nullish();
const resizeBody = z.object({ size: bytes });
const listQuery = z.object({
  type: z.string().optional(),
  status: z.string().optional(),
  volume_id: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

interface Started {
  readonly payload: { readonly operation: OperationNode };
}
interface Page<T> {
  readonly operations: { readonly nodes: readonly T[] };
}

/**
 * The old volume daemon's routes, in its shapes: each is a GraphQL document, of which the fields are renamed. Its client helpers start an
 * operation and ask for it until it is `completed` or `failed`.
 */
export function addVolumeRoutes(rest: FastifyInstance, ask: Ask, access: Access): void {
  // Its clients send `content-type: application/json` with a POST that has no body.
  rest.removeContentTypeParser('application/json');
  rest.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? null : JSON.parse(String(body)));
    } catch {
      done(new MemoirError('BAD_INPUT', 'the body is not JSON'));
    }
  });

  type Handle = (actor: Actor, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  function route(method: 'GET' | 'POST' | 'DELETE', path: string, handle: Handle): void {
    rest.route({
      method,
      url: root + path,
      handler: async (request, reply) => {
        const actor = await access.authenticate(bearerToken(request.headers.authorization));
        reply.header('cache-control', 'no-store');
        return handle(actor, request, reply);
      },
    });
  }
  /** Starts an operation by a mutation, and answers with it. */
  async function start(
    actor: Actor,
    reply: FastifyReply,
    parameters: string,
    call: string,
    variables: Readonly<Record<string, unknown>>,
  ) {
    const document = `mutation (${parameters}) { payload: ${call} { operation { ${operationFields} } errors { code message hint } } }`;
    const { payload } = await ask<Started>(actor, document, variables);
    return reply.code(202).send(toOperation(payload.operation));
  }
  const volumeOf = (request: FastifyRequest): string => fromVolumeId(pathPart(request, 'id'));
  async function find(actor: Actor, volume: string): Promise<VolumeNode> {
    const document = `query ($volume: String!) { volume(volume: $volume) { ${volumeFields} } }`;
    const found = await ask<{ readonly volume: VolumeNode | null }>(actor, document, { volume });
    if (found.volume === null) throw new MemoirError('NOT_FOUND', `there is no volume ${volume}`);
    return found.volume;
  }

  route('GET', '/volumes', async (actor) => {
    const { volumes } = await ask<{ volumes: VolumeNode[] }>(actor, `{ volumes { ${volumeFields} } }`);
    return { volumes: volumes.map(toVolume), count: volumes.length };
  });
  route('POST', '/volumes', (actor, { body }, reply) => {
    const { name, size, zone_id: zone, disk_offering_id: offering } = parse(createBody, body);
    const input = { name, sizeBytes: size, zone, offering };
    return start(actor, reply, '$input: CreateVolumeInput!', 'createVolume(input: $input)', { input });
  });
  route('GET', '/volumes/:id', async (actor, request) => toVolume(await find(actor, volumeOf(request))));
  route('DELETE', '/volumes/:id', (actor, request, reply) =>
    start(actor, reply, '$volume: String!', 'deleteVolume(volume: $volume)', { volume: volumeOf(request) }),
  );
  route('POST', '/volumes/:id/attach', (actor, request, reply) => {
    const variables = { volume: volumeOf(request), vm: parse(attachBody, request.body).vm_id };
    return start(actor, reply, '$volume: String!, $vm: String!', 'attachVolume(volume: $volume, vm: $vm)', variables);
  });
  route('POST', '/volumes/:id/detach', (actor, request, reply) => {
    const variables = { volume: volumeOf(request), vm: parse(detachBody, request.body)?.vm_id ?? null };
    return start(actor, reply, '$volume: String!, $vm: String', 'detachVolume(volume: $volume, vm: $vm)', variables);
  });
  route('POST', '/volumes/:id/resize', (actor, request, reply) => {
    const variables = { volume: volumeOf(request), sizeBytes: parse(resizeBody, request.body).size };
    const call = 'resizeVolume(volume: $volume, sizeBytes: $sizeBytes)';
    return start(actor, reply, '$volume: String!, $sizeBytes: ByteCount!', call, variables);
  });
  route('GET', '/volumes/:id/device', async (actor, request) => {
    const volume = await find(actor, volumeOf(request));
    const document =
      'query ($volume: String!) { volumeDevice(volume: $volume) { path rdev diskseq sizeBytes verifiedAt } }';
    const { volumeDevice } = await ask<{ volumeDevice: DeviceNode }>(actor, document, { volume: volume.id });
    return toMapping(volume, volumeDevice);
  });

  route('GET', '/operations', async (actor, { query }) => {
    const operations = await listOperations(actor, parse(listQuery, query));
    return { operations, count: operations.length };
  });
  route('GET', '/operations/:id', async (actor, request) => {
    const id = pathPart(request, 'id');
    const document = `query ($id: ID!) { operation(id: $id) { ${operationFields} } }`;
    const { operation } = await ask<{ operation: OperationNode | { readonly kind: string } | null }>(actor, document, {
      id: fromOperationId(id),
    });
    if (operation === null || !isOfVolume(operation)) throw new MemoirError('NOT_FOUND', `there is no operation ${id}`);
    return toOperation(operation);
  });

  route('GET', '/health', async (actor) => {
    const document = '{ service { version } volumeReport { at problems failure } }';
    const found = await ask<{
      service: { version: string };
      volumeReport: { at: string; problems: string[]; failure: string | null } | null;
    }>(actor, document);
    const failure = found.volumeReport?.failure ?? null;
    return {
      status: failure === null ? 'healthy' : 'degraded',
      version: found.service.version,
      timestamp: new Date().toISOString(),
      last_sync: found.volumeReport?.at ?? null,
      problems: found.volumeReport?.problems ?? [],
      error: failure,
    };
  });
  route('GET', '/metrics', (actor) => showMetrics(ask, actor));
  route('POST', '/admin/force-sync', async (actor) => {
    const document =
      'mutation { reconcileVolumes { report { at volumes repaired problems failure orphans { id } } errors { code message hint } } }';
    const { reconcileVolumes } = await ask<{
      reconcileVolumes: { report: { at: string; volumes: number; failure: string | null; orphans: { id: string }[] } };
    }>(actor, document);
    const { report } = reconcileVolumes;
    return {
      status: report.failure === null ? 'completed' : 'failed',
      ...report,
      orphans: report.orphans.map(({ id }) => id),
    };
  });

  async function listOperations(actor: Actor, filter: z.infer<typeof listQuery>) {
    const { type, status, volume_id: wanted, limit } = filter;
    const kinds = namesOf(types).filter((kind) => type === undefined || types[kind] === type);
    const states = namesOf(statuses).filter((state) => status === undefined || statuses[state] === status);
    if (kinds.length === 0 || states.length === 0)
      throw new MemoirError(
        'BAD_INPUT',
        `there is no such ${kinds.length === 0 ? `type: ${type}` : `status: ${status}`}`,
      );
    const document = `query ($kind: OperationKind!, $states: [OperationState!], $first: Int) {
      operations(kind: $kind, states: $states, first: $first) { nodes { ${operationFields} } } }`;
    const pages = await Promise.all(
      kinds.map((kind) => ask<Page<OperationNode>>(actor, document, { kind, states, first: limit })),
    );
    return pages
      .flatMap(({ operations }) => operations.nodes)
      .filter(({ volumeId }) => wanted === undefined || volumeId === fromVolumeId(wanted))
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, limit)
      .map(toOperation);
  }
}

/** Counts by kind and state; an aborted operation is no error. */
async function showMetrics(ask: Ask, actor: Actor) {
  const kinds = namesOf(types);
  const states = Object.keys(statuses);
  const aliases = states.map(
    (state) => `${state}: operations(kind: $kind, states: [${state}], first: 1) { totalCount }`,
  );
  const document = `query ($kind: OperationKind!) { ${aliases.join(' ')} }`;
  type Counts = Record<string, { readonly totalCount: number }>;
  const counted = await Promise.all(
    kinds.map(async (kind) => ({ kind, counts: await ask<Counts>(actor, document, { kind }) })),
  );
  const count = (state: string): number =>
    counted.reduce((sum, { counts }) => sum + (counts[state]?.totalCount ?? 0), 0);
  const { volumes } = await ask<{ volumes: { device: object | null }[] }>(actor, '{ volumes { device { path } } }');
  const [completed, failed] = [count('COMPLETED'), count('FAILED')];
  return {
    total_operations: states.reduce((sum, state) => sum + count(state), 0),
    pending_operations: count('QUEUED'),
    executing_operations: count('RUNNING'),
    completed_operations: completed,
    failed_operations: failed,
    cancelled_operations: count('CANCELLED'),
    error_rate_percent: completed + failed === 0 ? 0 : Math.round((10_000 * failed) / (completed + failed)) / 100,
    total_volumes: volumes.length,
    active_mappings: volumes.filter(({ device }) => device !== null).length,
    operations_by_type: Object.fromEntries(
      counted.map(({ kind, counts }) => [
        types[kind],
        Object.values(counts).reduce((sum, { totalCount }) => sum + totalCount, 0),
      ]),
    ),
  };
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new MemoirError('BAD_INPUT', lines.join('; '));
}
