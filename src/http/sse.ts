import type { ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import type { MaskError } from '../graphql/errors.ts';
import { eventIdOf } from '../graphql/event-ids.ts';
import { toJson } from '../graphql/shared-results.ts';
import { isStream } from './run.ts';
import { whenClosed } from './when-closed.ts';

export interface EventStreamOptions {
  readonly mask: MaskError;
  /** Between two comments that keep proxies from hanging up. A client that read nothing between two beats is cut off. */
  readonly heartbeatMs: number;
  /** Asked with every beat whether the caller may still listen; its error is the stream's end. */
  check(): Promise<unknown>;
}

/** After how long a client that lost the stream may come back. */
const retryMs = 2_000;

const complete = 'event: complete\ndata:\n\n';

/**
 * Answers with server-sent events: the distinct connections mode of the GraphQL over SSE protocol, `next` for each result and
 * then `complete`. The next result is asked for when the last one has left the process, so a client that does not read costs
 * one result. When either side goes, the other ends at once.
 */
export async function sendEvents(
  response: ServerResponse,
  result: ExecutionResult | AsyncIterableIterator<ExecutionResult>,
  { mask, heartbeatMs, check }: EventStreamOptions,
): Promise<void> {
  const stop = () => void (isStream(result) && result.return?.());
  whenClosed(response, stop);
  if (response.destroyed) return;
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    // A proxy that collects before it sends (nginx) would hold every event back.
    'x-accel-buffering': 'no',
  });
  // Some clients take the stream for open only when its first byte is there.
  response.write(`:\nretry: ${retryMs}\n\n`);

  let waiting = false;
  const timer = setInterval(() => {
    // Node counts here what the kernel did not take.
    if (response.writableLength > 0 && waiting) return response.destroy();
    waiting = response.writableLength > 0;
    if (!waiting) response.write(':\n\n');
    check().catch((error: unknown) => {
      response.end(toEvent({ errors: [mask(error)] }) + complete);
      stop();
    });
  }, heartbeatMs);

  try {
    if (isStream(result)) for await (const next of result) await write(response, toEvent(next));
    else await write(response, toEvent(result));
    await write(response, complete);
  } catch (error) {
    await write(response, toEvent({ errors: [mask(error)] }) + complete);
  } finally {
    clearInterval(timer);
    if (!response.writableEnded) response.end();
  }
}

/** With the place in the log, where the result has one: a client that comes back says it in `Last-Event-ID`. */
function toEvent(result: ExecutionResult): string {
  const id = eventIdOf(result);
  return `${id === undefined ? '' : `id: ${id}\n`}event: next\ndata: ${toJson(result)}\n\n`;
}

/** Resolves when the text has left the process, or when nobody is there to send it to. */
function write(response: ServerResponse, text: string): Promise<void> {
  if (response.destroyed || response.writableEnded) return Promise.resolve();
  return new Promise((resolve) => response.write(text, () => resolve()));
}
