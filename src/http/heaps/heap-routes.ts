import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Actor } from '../../access/actor.ts';
import { allows, type Role } from '../../access/role.ts';
import { fieldOf } from '../../domain/field.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { heapDownload } from '../../graphql/heap-download.ts';
import type { Services } from '../../graphql/services.ts';
import { bearerToken } from '../credentials.ts';
import { pathPart } from '../path-part.ts';
import type { Seats } from '../seats.ts';
import { whenClosed } from '../when-closed.ts';

/**
 * `GET /api/heaps/{id}/snapshot`: the `.heapsnapshot` as DevTools opens it; needs ADMIN, since a heap holds secrets.
 * `POST /api/heaps?service=…&session=…&phase=before|after[&container=…][&takenAt=…][&redact=1]`: a snapshot as the body, as it
 * comes; sent again, nothing is stored twice and the answer is the same. Needs OPERATOR.
 */
export function serveHeaps(app: FastifyInstance, services: Services, seats: Seats): void {
  app.get('/api/heaps/:id/snapshot', async (request, reply) => {
    const id = pathPart(request, 'id');
    const ticket = fieldOf(request.query, 'ticket');
    const holder = typeof ticket === 'string' ? services.access.tickets.redeem(ticket, heapDownload(id)) : null;
    const actor = holder ?? (await authorize(request, services, 'ADMIN'));
    const capture = await services.heaps.find(id);
    await using opened = new AsyncDisposableStack();
    opened.defer(seats.take(actor.name));
    await services.access.audit({ actor: actor.name, action: 'download', details: { heap: id } });
    const content = services.heaps.content(id)[Symbol.asyncIterator]();
    opened.defer(async () => void (await content.return?.()));
    reply.headers({
      'content-type': 'application/json',
      'content-disposition': `attachment; filename="${capture.file.replace(/\.zst$/, '')}"`,
      'content-length': capture.rawSizeBytes,
      'cache-control': 'private, no-store',
    });
    const rest = opened.move();
    whenClosed(reply.raw, () => void rest.disposeAsync());
    return reply.send(Readable.from({ [Symbol.asyncIterator]: () => content }, { objectMode: false }));
  });

  app.register((uploads, _options, done) => {
    // The body is handed on as it comes; its size is limited where it is written.
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    uploads.post<{ Body: Readable }>('/api/heaps', { bodyLimit: Number.MAX_SAFE_INTEGER }, async (request, reply) => {
      const actor = await authorize(request, services, 'OPERATOR');
      const input = readUpload(request.query);
      const capture = await services.heaps.upload(input, request.body, actor.name);
      await services.access.audit({ actor: actor.name, action: 'upload heap', details: { heap: capture.id } });
      const { id, sessionId, sizeBytes, rawSizeBytes, sha256 } = capture;
      return reply.header('cache-control', 'no-store').send({ id, sessionId, sizeBytes, rawSizeBytes, sha256 });
    });
    done();
  });
}

async function authorize({ headers }: FastifyRequest, { access }: Services, needs: Role): Promise<Actor> {
  const actor = await access.authenticate(bearerToken(headers.authorization));
  if (allows(actor.role, needs)) return actor;
  throw new MemoirError('FORBIDDEN', `this needs the role ${needs}; ${actor.name} has ${actor.role}`);
}

function readUpload(query: unknown) {
  const text = (name: string): string | null => {
    const given = fieldOf(query, name);
    return typeof given === 'string' ? given : null;
  };
  const required = (name: string): string => {
    const value = text(name);
    if (value === null || value === '') throw new MemoirError('BAD_INPUT', `\`${name}\` is missing`);
    return value;
  };
  const phase = required('phase');
  if (phase !== 'before' && phase !== 'after') throw new MemoirError('BAD_INPUT', '`phase` is before or after');
  const takenAt = text('takenAt');
  const takenAtMs = takenAt === null ? null : Date.parse(takenAt);
  if (takenAtMs !== null && !Number.isFinite(takenAtMs)) throw new MemoirError('BAD_INPUT', '`takenAt` is not a time');
  return {
    service: required('service'),
    session: required('session'),
    container: text('container'),
    phase,
    ...(takenAtMs === null ? {} : { takenAtMs }),
    ...(text('redact') === null ? {} : { redact: text('redact') !== '0' }),
  } as const;
}
