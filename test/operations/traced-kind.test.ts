import { type Context, type Span, type SpanOptions, type Tracer, trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import type { OperationKind, RunContext } from '../../src/operations/operation-kind.ts';
import { tracedKind } from '../../src/operations/traced-kind.ts';

interface Seen {
  readonly name: string;
  readonly parent: string | null;
  readonly isRemote: boolean | undefined;
  status: string | null;
  ended: boolean;
}

/** A tracer as an SDK would bring it, as far as it is used. */
function recordingTracer() {
  const spans: Seen[] = [];
  const tracer = {
    startSpan(name: string, _options: SpanOptions, context: Context) {
      const parent = trace.getSpanContext(context);
      const seen: Seen = {
        name,
        parent: parent && `${parent.traceId}/${parent.spanId}`,
        isRemote: parent?.isRemote,
        status: null,
        ended: false,
      } as Seen;
      spans.push(seen);
      return {
        spanContext: () => ({
          traceId: parent?.traceId ?? 'f'.repeat(32),
          spanId: `${spans.indexOf(seen)}`.padStart(16, '0'),
          traceFlags: 1,
        }),
        setStatus: ({ message }: { message: string }) => {
          seen.status = message;
        },
        end: () => {
          seen.ended = true;
        },
      } as unknown as Span;
    },
  } as unknown as Tracer;
  return { spans, tracer };
}

const traceId = '0af7651916cd43dd8448eb211c80319c';
const operation = { id: 'one', kind: 'TOY' };

function contextOf(request: unknown): RunContext {
  return { operation, request, phase: async () => undefined } as unknown as RunContext;
}

const kindOf = (run: OperationKind['run']) => ({ type: {}, parallel: 3, run }) as unknown as OperationKind;

describe('a run as a span', () => {
  it('belongs to the trace that asked for it, with a span for the capture and one for the commit', async () => {
    const { spans, tracer } = recordingTracer();
    const kind = tracedKind(
      kindOf(async ({ phase }) => {
        await phase('planning', '');
        await phase('capturing', '');
        await phase('finishing', '');
        return { result: null, message: '' };
      }),
      tracer,
    );
    await kind.run(contextOf({ traceparent: `00-${traceId}-b7ad6b7169203331-01` }));
    expect(spans).toEqual([
      { name: 'operation', parent: `${traceId}/b7ad6b7169203331`, isRemote: true, status: null, ended: true },
      { name: 'capture', parent: `${traceId}/0000000000000000`, status: null, ended: true },
      { name: 'commit', parent: `${traceId}/0000000000000000`, status: null, ended: true },
    ]);
    expect(kind.parallel).toBe(3);
  });

  it('has a span for each step of a pair of heap captures', async () => {
    const { spans, tracer } = recordingTracer();
    const steps = ['connecting', 'capturing', 'finishing', 'waiting', 'capturing', 'finishing'];
    const run: OperationKind['run'] = async ({ phase }) => {
      for (const step of steps) await phase(step, '');
      return { result: null, message: '' };
    };
    await tracedKind(kindOf(run), tracer).run(contextOf(null));
    const names = ['operation', 'connect', 'capture', 'commit', 'wait', 'capture', 'commit'];
    expect(spans.map(({ name, ended }) => [name, ended])).toEqual(names.map((name) => [name, true]));
  });

  it.each([null, 'text', {}])('begins a trace of its own for a request that names none: %j', async (request) => {
    const { spans, tracer } = recordingTracer();
    const kind = tracedKind(
      kindOf(async () => ({ result: null, message: '' })),
      tracer,
    );
    await kind.run(contextOf(request));
    expect(spans).toMatchObject([{ name: 'operation', parent: undefined, ended: true }]);
  });

  it('says the code of a failure, and ends what was open', async () => {
    const { spans, tracer } = recordingTracer();
    const kind = tracedKind(
      kindOf(async ({ phase }) => {
        await phase('capturing', '');
        throw new MemoirError('NO_SPACE', 'full');
      }),
      tracer,
    );
    await expect(kind.run(contextOf({ traceparent: '00-0-0-01' }))).rejects.toThrow('full');
    expect(spans).toMatchObject([
      { name: 'operation', parent: undefined, status: 'NO_SPACE', ended: true },
      { name: 'capture', ended: true },
    ]);
  });
});
