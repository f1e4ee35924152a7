import type { CombinedError } from 'urql';

/** Why something did not work, for a person. */
export interface Problem {
  /** A code of the server's catalogue, or NETWORK when it was not reached. */
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export function problemOf(error: CombinedError): Problem {
  const [first] = error.graphQLErrors;
  if (first) {
    const { code, hint } = first.extensions;
    return {
      code: typeof code === 'string' ? code : 'INTERNAL',
      message: first.message,
      hint: typeof hint === 'string' ? hint : null,
    };
  }
  const status = (error.response as { readonly status?: unknown } | undefined)?.status;
  if (status === 401) return { code: 'UNAUTHENTICATED', message: 'This server requires a token.', hint: null };
  return {
    code: 'NETWORK',
    message:
      typeof status === 'number' ? `The server responded with status ${status}.` : 'The server could not be reached.',
    hint: 'It is retried when the connection is back.',
  };
}
