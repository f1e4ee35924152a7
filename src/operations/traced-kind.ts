import { context, ROOT_CONTEXT, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { Json } from '../domain/json.ts';
import { isMemoirError } from '../domain/memoir-error.ts';
import { traceparentPattern } from '../domain/traceparent.ts';
import type { OperationKind } from './operation-kind.ts';

/** Names of the spans of phases; what is not named here has no span of its own. */
const phaseSpans: Readonly<Record<string, string>> = {
  connecting: 'connect',
  capturing: 'capture',
  waiting: 'wait',
  finishing: 'commit',
  creating: 'create',
  attaching: 'attach',
  'finding-device': 'find-device',
  detaching: 'detach',
  resizing: 'resize',
  checking: 'check',
  formatting: 'format',
  exporting: 'export',
  'removing-export': 'remove-export',
  deleting: 'delete',
};

/**
 * A kind whose runs are spans: `operation`, and below it its phases: `capture` and `commit` of a dump,
 * `connect` and `wait` of a pair of heaps, `attach` and `find-device` of a volume. Without an OpenTelemetry SDK in the
 * process (`node --import …`) the API does nothing, and this costs nothing. A run belongs to the trace of its request's `traceparent`,
 * also after a restart: it is in the journal.
 */
export function tracedKind<Request extends Json, Result extends Json>(
  kind: OperationKind<Request, Result>,
  tracer: Tracer = trace.getTracer('memoir'),
): OperationKind<Request, Result> {
  const traced: Pick<OperationKind<Request, Result>, 'run'> = {
    async run(running) {
      const { operation, request } = running;
      const parent = parentOf(request);
      const attributes = { 'memoir.operation.id': operation.id, 'memoir.operation.kind': operation.kind };
      const span = tracer.startSpan('operation', { attributes }, parent);
      const within = trace.setSpan(parent, span);
      let phase: Span | null = null;
      try {
        return await context.with(within, () =>
          kind.run({
            ...running,
            phase: (name, message) => {
              phase?.end();
              const title = phaseSpans[name];
              phase = title === undefined ? null : tracer.startSpan(title, { attributes }, within);
              return running.phase(name, message);
            },
          }),
        );
      } catch (error) {
        const message = isMemoirError(error) ? error.code : 'INTERNAL';
        span.setStatus({ code: SpanStatusCode.ERROR, message });
        throw error;
      } finally {
        (phase as Span | null)?.end();
        span.end();
      }
    },
  };
  // The kind's own limits are asked for each time: they may change.
  return Object.assign(Object.create(kind) as OperationKind<Request, Result>, traced);
}

/** What is no traceparent begins a trace of its own. */
function parentOf(request: Json) {
  const given =
    request !== null && typeof request === 'object' && 'traceparent' in request ? request.traceparent : null;
  const [, traceId, spanId, flags] = traceparentPattern.exec(String(given)) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags, 16);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
