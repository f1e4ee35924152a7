import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../domain/json.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { codeOf, messageOf } from '../domain/thrown.ts';

/** A server that this user signed in to. */
export interface Context {
  readonly url: string;
  readonly token: string | null;
}

const contextsFile = z.object({
  current: z.string().nullable(),
  contexts: z.record(z.string(), z.object({ url: z.url(), token: z.string().nullable() })),
});
type ContextsFile = z.infer<typeof contextsFile>;

/** The servers of one user, in a file that nobody else can read. A token is sent to the address that it was given for, and nowhere else. */
export class Contexts {
  readonly #folder: string;
  readonly #path: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, 'contexts.json');
  }

  list(): ContextsFile {
    let text: string;
    try {
      const { mode } = statSync(this.#path);
      if ((mode & 0o077) !== 0)
        throw new MemoirError('CONFIG_INVALID', `${this.#path} holds tokens, and other users can read it`, {
          hint: `Run: chmod 0600 ${this.#path}; and revoke its tokens if somebody else may have read them.`,
        });
      text = readFileSync(this.#path, 'utf8');
    } catch (cause) {
      if (cause instanceof MemoirError) throw cause;
      if (['ENOENT', 'EACCES', 'ENOTDIR'].includes(codeOf(cause) ?? '')) return { current: null, contexts: {} };
      throw new MemoirError('CONFIG_INVALID', `${this.#path} cannot be read: ${messageOf(cause)}`, { cause });
    }
    const parsed = contextsFile.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new MemoirError('CONFIG_INVALID', `${this.#path} is not what Memoir wrote`, {
      hint: 'Remove it, and sign in again: memoir login URL.',
    });
  }

  /** The one in use; null where there is none. */
  current(): Context | null {
    const { current, contexts } = this.list();
    return current === null ? null : (contexts[current] ?? null);
  }

  save(name: string, context: Context): void {
    const { contexts } = this.list();
    this.#write({ current: name, contexts: { ...contexts, [name]: context } });
  }

  use(name: string): void {
    const all = this.list();
    if (!Object.hasOwn(all.contexts, name)) throw unknown(name, Object.keys(all.contexts));
    this.#write({ ...all, current: name });
  }

  remove(name: string): void {
    const { current, contexts } = this.list();
    if (!Object.hasOwn(contexts, name)) throw unknown(name, Object.keys(contexts));
    const { [name]: _, ...rest } = contexts;
    this.#write({ current: current === name ? null : current, contexts: rest });
  }

  /** By another name first, private from its first byte. */
  #write(all: ContextsFile): void {
    const fresh = `${this.#path}.${process.pid}.new`;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    try {
      writeFileSync(fresh, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
      renameSync(fresh, this.#path);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw error;
    }
  }
}

const unknown = (name: string, known: readonly string[]) =>
  new MemoirError('BAD_INPUT', `there is no context ${name}`, {
    hint: known.length === 0 ? 'Sign in first: memoir login URL.' : `There are: ${known.join(', ')}.`,
  });
