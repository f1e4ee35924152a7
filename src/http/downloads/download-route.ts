import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../access/actor.ts';
import { allows } from '../../access/role.ts';
import { fieldOf } from '../../domain/field.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { type DownloadForm, type DumpArtifact, downloadTarget, findArtifact } from '../../graphql/artifact.ts';
import type { MaskError } from '../../graphql/errors.ts';
import type { Services } from '../../graphql/services.ts';
import { bearerToken } from '../credentials.ts';
import { sendRefusal } from '../errors.ts';
import { pathPart } from '../path-part.ts';
import type { Seats } from '../seats.ts';
import { whenClosed } from '../when-closed.ts';
import { type Content, openContent } from './content.ts';
import { type ByteRange, parseRange } from './range.ts';

/**
 * `GET` and `HEAD /api/dumps/{id}/artifact`, with ranges: `form=file` (as it lies on disk) or `form=image` (decompressed).
 * Memory holds keys and passwords, so it needs the role ADMIN, and is written down before the first byte: in the audit, and
 * where it begins also in the event log, for whoever watches. What cannot be written down is not sent.
 */
export function serveDownloads(app: FastifyInstance, services: Services, mask: MaskError, seats: Seats): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const id = pathPart(request, 'id');
    const form = readForm(request);
    const actor = await authorize(request, services, downloadTarget(id, form));
    const artifact = await findArtifact(services, id);

    await using opened = new AsyncDisposableStack();
    opened.defer(seats.take(actor.name));
    const content = await openContent(services.store, artifact, form);
    opened.defer(() => content.close());

    const etag = `"${artifact.sha256}${form === 'IMAGE' ? '-image' : ''}"`;
    describe(reply, content, artifact, form, etag);
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    const range = chooseRange(request, content.size, etag);
    if (range === null) {
      reply.header('content-range', `bytes */${content.size}`);
      return sendRefusal(reply, 416, mask(new MemoirError('BAD_INPUT', `the content has ${content.size} bytes`)));
    }
    const { start, end } = range;
    reply.header('content-length', end - start);
    if (end - start < content.size)
      reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${content.size}`);
    if (request.method === 'HEAD') return reply.send();

    await writeDown(services, actor, { id, form, start, end });
    const sent = Readable.from(content.stream(start, end), { objectMode: false });
    const rest = opened.move();
    // With the answer, not with the stream: a read of a disk that hangs would keep the stream open for ever.
    whenClosed(reply.raw, () => void rest.disposeAsync());
    return reply.send(sent);
  };
  app.route({ method: ['GET', 'HEAD'], url: '/api/dumps/:id/artifact', exposeHeadRoute: false, handler });
}

function readForm({ query }: FastifyRequest): DownloadForm {
  const form = fieldOf(query, 'form') ?? 'file';
  if (form === 'file') return 'FILE';
  if (form === 'image') return 'IMAGE';
  throw new MemoirError('BAD_INPUT', '`form` must be file or image');
}

/** By a ticket in the address, or by a token in the header. */
async function authorize({ query, headers }: FastifyRequest, { access }: Services, target: string): Promise<Actor> {
  const ticket = fieldOf(query, 'ticket');
  if (typeof ticket === 'string') {
    const holder = access.tickets.redeem(ticket, target);
    if (holder === null)
      throw new MemoirError('UNAUTHENTICATED', 'the link is for something else, or its time is over');
    return holder;
  }
  const actor = await access.authenticate(bearerToken(headers.authorization));
  if (allows(actor.role, 'ADMIN')) return actor;
  throw new MemoirError('FORBIDDEN', `a download needs the role ADMIN; ${actor.name} has ${actor.role}`);
}

function describe(
  reply: FastifyReply,
  { type }: Content,
  artifact: DumpArtifact,
  form: DownloadForm,
  etag: string,
): void {
  reply.headers({
    'content-type': type,
    'content-disposition': `attachment; filename="${artifact.fileName(form)}"`,
    'accept-ranges': 'bytes',
    etag,
    'cache-control': 'private, no-store',
    // RFC 9530: what the whole has to be, so that a client can check it.
    ...(form === 'FILE' && { 'repr-digest': `sha-256=:${Buffer.from(artifact.sha256, 'hex').toString('base64')}:` }),
  });
}

function chooseRange({ headers }: FastifyRequest, size: number, etag: string): ByteRange | null {
  const whole = { start: 0, end: size };
  // RFC 9110 §13.1.5: what the client has is of another artifact.
  if (headers['if-range'] !== undefined && headers['if-range'] !== etag) return whole;
  const range = parseRange(headers.range, size);
  return range === 'WHOLE' ? whole : range;
}

type Deed = { readonly id: string; readonly form: DownloadForm } & ByteRange;

async function writeDown({ access, operations }: Services, actor: Actor, deed: Deed): Promise<void> {
  await access.audit({ actor: actor.name, action: 'download', details: { ...deed } });
  if (deed.start > 0) return;
  const payload = { action: 'DOWNLOADED', actor: actor.name, form: deed.form };
  await operations.note(deed.id, `Downloaded by ${actor.name}`, payload, []);
}
