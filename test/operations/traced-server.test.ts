import { type Context, type Span, type SpanOptions, type Tracer, trace } from '@opentelemetry/api';
import { expect, it, onTestFinished } from 'vitest';
import { startFleetServer } from '../fakes/fleet-server.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };

/** An SDK as `node --import` would bring it, as far as it is used: what was begun, with the trace and the kind it belongs to. */
function registerTracer() {
  const spans: { name: string; kind: unknown; ofCaller: boolean; ended: boolean }[] = [];
  const tracer = {
    startSpan(name: string, options: SpanOptions, context: Context) {
      const ofCaller = trace.getSpanContext(context)?.traceId === traceId;
      const seen = { name, kind: options.attributes?.['memoir.operation.kind'], ofCaller, ended: false };
      spans.push(seen);
      return {
        spanContext: () => ({ traceId: ofCaller ? traceId : 'f'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 }),
        setStatus: () => undefined,
        end: () => {
          seen.ended = true;
        },
      } as unknown as Span;
    },
  } as unknown as Tracer;
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
  onTestFinished(() => trace.disable());
  return spans;
}

it('a whole server makes dumps and operations on volumes spans of the trace that asked for them', async () => {
  const spans = registerTracer();
  const server = await startFleetServer();
  const named = () =>
    spans
      .splice(0)
      .map(({ name, kind, ofCaller, ended }) => `${kind} ${name}${ofCaller ? '' : ' alone'}${ended ? '' : ' open'}`);
  await server.run('createVolume(input: { name: "data", sizeBytes: 1048576 })', headers);
  await server.run('attachVolume(volume: "data", vm: "web-01")', headers);
  await server.run('detachVolume(volume: "data")');
  expect(named()).toEqual([
    'VOLUME_CREATE operation',
    'VOLUME_CREATE create',
    'VOLUME_ATTACH operation',
    'VOLUME_ATTACH attach',
    'VOLUME_ATTACH find-device',
    'VOLUME_DETACH operation alone',
    'VOLUME_DETACH detach alone',
  ]);
  await server.dump('web-01');
  expect(named()).toEqual(['DUMP operation alone', 'DUMP capture alone', 'DUMP commit alone']);
});
