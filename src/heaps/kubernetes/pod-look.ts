import type { Duplex } from 'node:stream';
import { z } from 'zod';
import type { Closable } from '../../domain/closable.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { ProcessView } from '../process/node-process.ts';
import { parseProcess, portsOf } from '../process/process-facts.ts';
import { greeting } from './look-program.ts';
import { printable } from './refusal.ts';

const texts = z.object({
  pid: z.int().positive(),
  stat: z.string(),
  status: z.string(),
  commandLine: z.string(),
  boot: z.string(),
});
const kind = z.object({
  isNode: z.boolean(),
  version: z.string().max(40).nullable(),
  other: z.string().max(40).nullable(),
});
const listed = z.object({ found: z.array(z.object({ kind, texts })).max(500), hidden: z.int() });
const listening = z.object({ sockets: z.array(z.string()), tables: z.string() });
export type Listed = z.infer<typeof listed>;

/** All answers are from a container, which may say anything: no more than this is kept of one. */
const maxAnswerChars = 8 * 1024 * 1024;
const answerTimeoutMs = 20_000;

/** A conversation with the program that looks at the processes of a container, one question at a time. */
export class PodLook implements ProcessView, Closable {
  readonly #stream: Duplex;
  readonly #lines: AsyncIterator<string>;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(stream: Duplex) {
    this.#stream = stream;
    this.#lines = linesOf(stream);
  }

  /** Null if what was started does not greet: it is not there, or not Node.js. */
  static async open(stream: Duplex, signal: AbortSignal): Promise<PodLook | null> {
    const look = new PodLook(stream);
    const first = await look.#next(signal).catch(() => null);
    signal.throwIfAborted();
    if (first === JSON.stringify(greeting)) return look;
    await look.close();
    return null;
  }

  async list(signal: AbortSignal): Promise<Listed> {
    return checked(listed, await this.#ask(['list'], signal));
  }

  async facts(pid: number, signal: AbortSignal) {
    const answer = checked(texts.nullable(), await this.#ask(['facts', pid], signal));
    return answer === null ? null : parseProcess(answer, false);
  }

  async ports(pid: number, signal: AbortSignal) {
    const { sockets, tables } = checked(listening, await this.#ask(['ports', pid], signal));
    return portsOf(new Set(sockets), tables);
  }

  async signal({ pid, startTick }: { readonly pid: number; readonly startTick: string }, signal: AbortSignal) {
    await this.#ask(['signal', pid, startTick], signal);
  }

  async close(): Promise<void> {
    this.#stream.destroy();
  }

  #ask(question: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    const answer = this.#last.then(async () => {
      this.#stream.write(`${JSON.stringify(question)}\n`);
      const line = await this.#next(signal);
      const { answer, error } = parsed(line);
      if (error !== undefined)
        throw new MemoirError('TARGET_UNAVAILABLE', `in the container: ${printable(String(error))}`);
      return answer;
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #next(signal: AbortSignal): Promise<string> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
    // An answer that nobody waits for any more would be taken for that of the next question.
    const abort = () => this.#stream.destroy();
    limit.addEventListener('abort', abort, { once: true });
    try {
      const { done, value } = await this.#lines.next();
      signal.throwIfAborted();
      if (done === true) throw new MemoirError('TARGET_GONE', 'the program in the container ended');
      return value;
    } finally {
      limit.removeEventListener('abort', abort);
    }
  }
}

const reply = z.object({ answer: z.unknown().optional(), error: z.unknown().optional() });

function parsed(line: string): z.infer<typeof reply> {
  try {
    return checked(reply, JSON.parse(line));
  } catch (cause) {
    throw otherForm(cause);
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const { success, data, error } = schema.safeParse(value);
  if (!success) throw otherForm(error);
  return data;
}

const otherForm = (cause: unknown): MemoirError =>
  new MemoirError('TARGET_UNAVAILABLE', 'the program in the container sent an unexpected answer', { cause });

async function* linesOf(stream: Duplex): AsyncGenerator<string, void> {
  let rest = '';
  stream.setEncoding('utf8');
  try {
    for await (const piece of stream) {
      rest += String(piece);
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
      if (rest.length > maxAnswerChars) return;
    }
  } catch {
    // A connection that broke has ended.
  } finally {
    stream.destroy();
  }
}
