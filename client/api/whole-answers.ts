import { CombinedError, type Exchange, mapExchange, type OperationResult } from '@urql/core';

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** What the payload of a mutation says in `errors`, as the errors of an answer. */
function refusalOf(data: unknown): CombinedError | undefined {
  const refusals = Object.values(data ?? {}).flatMap((root: { errors?: Refusal[] } | null) => root?.errors ?? []);
  if (refusals.length === 0) return undefined;
  return new CombinedError({
    graphQLErrors: refusals.map(({ code, message, hint }) => ({ message, extensions: { code, hint } })),
  });
}

/** Takes no answer that holds an error for data: the generated types say what whole answers have. */
export const wholeAnswers = (): Exchange =>
  mapExchange({
    onResult(result): OperationResult {
      if (result.operation.kind === 'subscription') return result;
      const error = result.error ?? (result.operation.kind === 'mutation' ? refusalOf(result.data) : undefined);
      return error === undefined ? result : { ...result, error, data: undefined };
    },
  });
