import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MemoirError } from '../../domain/memoir-error.ts';
import { codeOf } from '../../domain/thrown.ts';
import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliDumpDocument } from '../generated/graphql.ts';
import { ProgressView } from '../progress-view.ts';
import { bytes, plain } from '../text.ts';

export interface DownloadOptions {
  readonly output?: string;
  /** Decompressed by the server on the way. */
  readonly image?: boolean;
}

/** Fetches an artifact, and keeps it only if its digest is the recorded one. */
export async function download(
  console: Console,
  server: { readonly url: string; readonly token: string | null },
  id: string,
  { output, image = false }: DownloadOptions,
) {
  const { dump } = await console.client.ask(CliDumpDocument, { id });
  if (dump == null) throw new MemoirError('NOT_FOUND', `there is no dump ${id}`);
  if (dump.dumpPath == null) throw new MemoirError('NOT_FOUND', `dump ${id} has no artifact: ${dump.message}`);
  const file = output ?? basename(dump.dumpPath).replace(image ? /\.(zst|gz)$/ : /$^/, '');
  const expected = image ? (dump.imageSha256 ?? null) : (dump.sha256 ?? null);
  const total = (image ? dump.rawSizeBytes : dump.sizeBytes) ?? null;
  const headers = server.token === null ? {} : { authorization: `Bearer ${server.token}` };
  const address = new URL(`/api/dumps/${encodeURIComponent(id)}/artifact${image ? '?form=image' : ''}`, server.url);
  const answer = await fetch(address, { headers, signal: console.signal });
  if (!answer.ok || answer.body === null) {
    await answer.body?.cancel();
    if (answer.status === 401 || answer.status === 403)
      throw new MemoirError('FORBIDDEN', 'downloads need an admin’s token');
    throw new MemoirError('NOT_FOUND', `the server answers with status ${answer.status}`);
  }

  const view = new ProgressView(console);
  const hash = createHash('sha256');
  const part = `${file}.part`;
  let done = 0;
  let shownAtMs = 0;
  const begunMs = performance.now();
  const show = (state: string) => {
    const seconds = (performance.now() - begunMs) / 1000;
    const bytesPerSecond = seconds > 0.5 ? done / seconds : null;
    const percent = total === null || total === 0 ? null : (done / total) * 100;
    const secondsLeft = bytesPerSecond === null || total === null ? null : (total - done) / bytesPerSecond;
    const progress = { percent, bytesPerSecond, secondsLeft };
    view.show({ id, name: dump.vmName, state, phase: 'downloading', message: file, progress });
  };
  try {
    await pipeline(
      answer.body,
      async function* (source: AsyncIterable<Uint8Array>) {
        for await (const chunk of source) {
          hash.update(chunk);
          done += chunk.length;
          if (performance.now() - shownAtMs > 200) {
            shownAtMs = performance.now();
            show('RUNNING');
          }
          yield chunk;
        }
      },
      createWriteStream(part, { flags: 'wx', mode: 0o600 }),
    );
  } catch (error) {
    if (codeOf(error) === 'EEXIST')
      throw new MemoirError('BAD_INPUT', `${part} is there already: another download, or the rest of one`);
    await rm(part, { force: true });
    throw error;
  }
  const sha256 = hash.digest('hex');
  if (expected !== null && sha256 !== expected) {
    await rm(part, { force: true });
    throw new MemoirError('ARTIFACT_DAMAGED', `the downloaded bytes have SHA-256 ${sha256}, not ${expected}`);
  }
  await rename(part, file);
  show('COMPLETED');
  const result = { id, file, sizeBytes: done, sha256, verified: expected !== null };
  print(console, result, () =>
    plain(`${file}: ${bytes(done)}, SHA-256 ${sha256}${expected === null ? '' : ' as recorded'}`),
  );
  return exitCodes.done;
}
