import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { fieldOf } from '../../domain/field.ts';
import { parseJson } from '../../domain/json.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { codeOf } from '../../domain/thrown.ts';
import { ExecStream } from './exec-stream.ts';

/** A container that runs. */
export interface RunningContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
}

export interface ContainerEnding {
  readonly outOfMemory: boolean;
  readonly exitCode: number;
}

export interface ExecWish {
  readonly container: string;
  readonly command: readonly string[];
  /** `uid:gid` as the container counts. */
  readonly user: string;
}

/** All that is asked of a container engine: four addresses of the Engine API, which Docker and Podman share. */
export interface EngineApi {
  containers(signal: AbortSignal): Promise<readonly RunningContainer[]>;
  /** The first process of a container, as the engine's machine counts; 0 if it does not run. NOT_FOUND. */
  firstProcess(
    container: string,
    signal: AbortSignal,
  ): Promise<{ readonly id: string; readonly name: string; readonly pid: number }>;
  /** How a container ended; null if it runs, or is not there any more. */
  ending(container: string, signal: AbortSignal): Promise<ContainerEnding | null>;
  /** Runs a program in a container; its standard input and output are the stream. Ends when the stream is destroyed. */
  exec(wish: ExecWish, signal: AbortSignal): Promise<Duplex>;
}

const maxAnswerBytes = 16 * 1024 * 1024;
const containerName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/;

// What is read of its answers.
const containerList = z.array(z.object({ Id: z.string(), Names: z.array(z.string()), Image: z.string() }));
const containerProcess = z.object({ Id: z.string(), Name: z.string(), State: z.object({ Pid: z.number() }) });
const containerState = z.object({
  State: z.object({ Running: z.boolean(), OOMKilled: z.boolean().optional(), ExitCode: z.number() }),
});
const created = z.object({ Id: z.string() });

/** Speaks to the engine behind a Unix socket (https://docs.docker.com/reference/api/engine/). */
export function createEngineApi(socketPath: string): EngineApi {
  async function call<T>(
    answers: z.ZodType<T>,
    method: string,
    path: string,
    body: object | null,
    signal: AbortSignal,
  ): Promise<T> {
    const { answer } = await send(method, path, body, {}, signal);
    if (answer === null) throw unreachable(new Error('the connection was upgraded'));
    const text = await readAll(answer);
    const status = answer.statusCode ?? 0;
    if (status < 200 || status >= 300) throw refused(status, text);
    const parsed = answers.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new MemoirError('TARGET_UNAVAILABLE', 'the container engine answers in another form than the Engine API', {
      cause: parsed.error,
    });
  }

  function send(method: string, path: string, body: object | null, more: Record<string, string>, signal: AbortSignal) {
    const text = body === null ? '' : JSON.stringify(body);
    const headers = {
      host: 'engine',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...more,
    };
    return new Promise<{ answer: IncomingMessage | null; upgraded: Duplex | null; head: Buffer }>((resolve, reject) => {
      signal.throwIfAborted();
      const asked = request({ socketPath, method, path, headers });
      const abort = () => asked.destroy(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      const off = () => signal.removeEventListener('abort', abort);
      asked.on('response', (answer) => {
        answer.on('close', off);
        resolve({ answer, upgraded: null, head: Buffer.alloc(0) });
      });
      asked.on('upgrade', (_answer, socket, head) => {
        off();
        resolve({ answer: null, upgraded: socket, head });
      });
      asked.on('error', (cause) => {
        off();
        reject(signal.aborted ? signal.reason : unreachable(cause));
      });
      asked.end(text);
    });
  }

  return {
    async containers(signal) {
      const list = await call(containerList, 'GET', '/containers/json', null, signal);
      return list.map(({ Id, Names, Image }) => ({ id: Id, name: (Names[0] ?? Id).replace(/^\//, ''), image: Image }));
    },

    async firstProcess(container, signal) {
      if (!containerName.test(container)) throw new MemoirError('BAD_INPUT', 'this is not the name of a container');
      const found = await call(containerProcess, 'GET', `/containers/${container}/json`, null, signal);
      return { id: found.Id, name: found.Name.replace(/^\//, ''), pid: found.State.Pid };
    },

    async ending(container, signal) {
      const { State } = await call(containerState, 'GET', `/containers/${container}/json`, null, signal);
      return State.Running ? null : { outOfMemory: State.OOMKilled === true, exitCode: State.ExitCode };
    },

    async exec({ container, command, user }, signal) {
      const { Id } = await call(
        created,
        'POST',
        `/containers/${container}/exec`,
        {
          AttachStdin: true,
          AttachStdout: true,
          AttachStderr: true,
          Tty: false,
          Privileged: false,
          Cmd: command,
          User: user,
        },
        signal,
      );
      const upgrade = { connection: 'Upgrade', upgrade: 'tcp' };
      const { answer, upgraded, head } = await send(
        'POST',
        `/exec/${Id}/start`,
        { Detach: false, Tty: false },
        upgrade,
        signal,
      );
      if (upgraded !== null) return new ExecStream(upgraded, head);
      throw refused(answer?.statusCode ?? 0, answer === null ? '' : await readAll(answer));
    },
  };
}

function readAll(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    answer.on('data', (piece: Buffer) => {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > maxAnswerBytes)
        answer.destroy(new MemoirError('TARGET_UNAVAILABLE', 'the engine’s answer is too long'));
    });
    answer.on('end', () => resolve(Buffer.concat(pieces).toString('utf8')));
    answer.on('error', reject);
  });
}

const unreachable = (cause: unknown): MemoirError => {
  const code = codeOf(cause) ?? String(cause);
  return new MemoirError('TARGET_UNAVAILABLE', `the container engine does not respond (${code})`, {
    cause,
    hint: 'Start it, let this server’s user use its socket, or set DOCKER_SOCKET.',
  });
};

function refused(status: number, text: string): MemoirError {
  const message = String(fieldOf(parseJson(text), 'message') ?? text.slice(0, 500));
  return new MemoirError(status === 404 ? 'NOT_FOUND' : 'TARGET_UNAVAILABLE', `the container engine says: ${message}`);
}
