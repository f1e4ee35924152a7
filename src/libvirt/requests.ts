import { messageStatus, messageType } from './protocol/header.ts';
import { decodeBody, encodeMessage } from './protocol/message.ts';
import type { Procedure } from './protocol/procedure.ts';
import { type ArgsOf, type ProcedureName, procedures, type ReplyOf } from './protocol/procedures.ts';
import type { CallRequest } from './rpc/pending-call.ts';
import type { StreamPort, StreamSink } from './rpc/stream-port.ts';
import type { Streams } from './rpc/streams.ts';

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** For calls that are not marked long. */
  readonly defaultTimeoutMs?: number | undefined;
  readonly over?: (() => void) | undefined;
}

/** A call of a procedure of the table. */
export function requestOf<N extends ProcedureName>(
  name: N,
  args: ArgsOf<N>,
  options: RequestOptions,
): CallRequest<ReplyOf<N>> {
  const procedure = procedures[name] as unknown as Procedure<ArgsOf<N>, ReplyOf<N>>;
  const { program, number } = procedure;
  const long = procedure.long === true;
  return {
    name,
    program,
    procedure: number,
    long,
    encode: (serial) =>
      encodeMessage(
        { program, procedure: number, type: messageType.call, serial, status: messageStatus.ok },
        procedure.args,
        args,
      ),
    accept: (frame) => decodeBody(frame.body, procedure.reply),
    over: () => options.over?.(),
    signal: options.signal,
    timeoutMs: options.timeoutMs ?? (long ? undefined : options.defaultTimeoutMs),
  };
}

/** A call that opens a stream: the sink is in place before anything else that came with the reply is looked at. */
export function streamRequestOf<N extends ProcedureName, S extends StreamSink>(
  name: N,
  args: ArgsOf<N>,
  options: RequestOptions,
  streams: Streams,
  sinkOf: (port: StreamPort) => S,
): CallRequest<S> {
  const request = requestOf(name, args, options);
  let sentSerial: number | undefined;
  return {
    ...request,
    encode: (serial) => {
      const message = request.encode(serial);
      sentSerial = serial;
      streams.expect(serial, request.program, request.procedure);
      return message;
    },
    accept: (frame) => {
      request.accept(frame);
      return streams.open(frame, sinkOf);
    },
    late: (frame) => {
      request.accept(frame);
      streams.open(frame, abortingSink);
    },
    over: () => {
      request.over?.();
      if (sentSerial !== undefined) streams.settle(sentSerial);
    },
  };
}

/** A stream that came to be when nobody wanted it any more: aborted at once, and what is under way dropped. */
function abortingSink(port: StreamPort): StreamSink {
  // The port sends only once it is registered, which is when this has returned.
  queueMicrotask(() => void port.send(messageStatus.error));
  return {
    packet: (frame) => {
      if (frame.header.status !== messageStatus.continue) port.close();
    },
    lost: () => undefined,
  };
}
