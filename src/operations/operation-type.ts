import type { Json } from '../domain/json.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import type { Operation } from './operation.ts';
import type { Submission } from './submission.ts';

/** Turns what the journal kept into a value of its type, or throws; a Zod schema is one. */
export interface Parser<T> {
  parse(kept: unknown): T;
}

interface OperationTypeOptions<Request, Result> {
  readonly name: string;
  readonly underWay: string;
  readonly request: Parser<Request>;
  readonly result: Parser<Result>;
}

/**
 * What operations of one kind hold, and its typed way in and out of the journal. A kind's room exports one; it is all that
 * others need to submit such an operation or to read what became of it. Requests and results of older versions are in the
 * journal too: fields are only ever added, with a default in the parser.
 */
export interface OperationType<Request extends Json = Json, Result extends Json = Json> {
  /** As it is journaled: never renamed. */
  readonly name: string;
  /** What a caller is told who is refused because one is active: "the artifact is being verified". */
  readonly underWay: string;
  submission(wish: Omit<Submission, 'kind' | 'request'> & { readonly request: Request }): Submission;
  requestOf(operation: Pick<Operation, 'id' | 'request'>): Request;
  /** Null before it is completed. */
  resultOf(operation: Pick<Operation, 'id' | 'result'>): Result | null;
}

export function operationType<Request extends Json, Result extends Json>(
  options: OperationTypeOptions<Request, Result>,
): OperationType<Request, Result> {
  const { name, underWay } = options;
  const request = parseOnce(options.request, `request of a ${name}`);
  const result = parseOnce(options.result, `result of a ${name}`);
  return {
    name,
    underWay,
    submission: (wish) => ({ kind: name, ...wish }),
    requestOf: (operation) => request(operation.id, operation.request),
    resultOf: (operation) => (operation.result === null ? null : result(operation.id, operation.result)),
  };
}

/** What was parsed is remembered as long as what it was parsed from: an answer asks for many fields of one request. */
function parseOnce<T>(parser: Parser<T>, what: string): (id: string, kept: Json) => T {
  const parsed = new WeakMap<object, T>();
  return (id, kept) => {
    const key = typeof kept === 'object' && kept !== null ? kept : undefined;
    const known = key && parsed.get(key);
    if (known !== undefined) return known;
    try {
      const value = parser.parse(kept);
      if (key !== undefined) parsed.set(key, value);
      return value;
    } catch (cause) {
      throw new MemoirError('INTERNAL', `the ${what} (${id}) in the journal cannot be read`, {
        cause,
        hint: 'Another version of Memoir wrote it: use that version for this operation.',
      });
    }
  };
}
