import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** One message of libvirt's RPC protocol, whole, with its length word. */
export interface RecordedMessage {
  /** Counts the connections of a recorder, from 1. */
  readonly connection: number;
  readonly from: 'client' | 'server';
  readonly bytes: Buffer;
}

/** A unix socket that hands everything on to another one, and remembers the messages that went by, in their order. */
export interface Recorder extends AsyncDisposable {
  readonly socketPath: string;
  readonly messages: readonly RecordedMessage[];
  close(): Promise<void>;
}

/**
 * Listens on `socketPath` and connects each caller with `target`. It changes no byte; file descriptors do not get through.
 * A message is remembered when its last byte has come: the length word, which counts itself, says when that is.
 */
export async function startRecorder(socketPath: string, target: string): Promise<Recorder> {
  const messages: RecordedMessage[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    const connection = ++connections;
    const daemon = connect(target);
    for (const [source, sink, from] of [
      [client, daemon, 'client'],
      [daemon, client, 'server'],
    ] as const) {
      sockets.add(source);
      source.on(
        'data',
        splitter((bytes) => messages.push({ connection, from, bytes })),
      );
      source.on('error', () => sink.destroy());
      source.on('close', () => sockets.delete(source));
      source.pipe(sink);
    }
  }).listen(socketPath);
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return { socketPath, messages, close, [Symbol.asyncDispose]: close };
}

function splitter(message: (bytes: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= rest.readUInt32BE()) {
      const length = rest.readUInt32BE();
      if (length < 4) throw new Error(`a message of ${length} bytes`);
      message(Buffer.from(rest.subarray(0, length)));
      rest = rest.subarray(length);
    }
  };
}
