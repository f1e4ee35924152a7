import { stringifyDocument, type TypedDocumentNode } from '@urql/core';
import { authorization } from './token.ts';

/** A question past the cache: for answers that are passed on, not shown. Throws what the server says otherwise. */
export async function ask<Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  signal: AbortSignal,
): Promise<Data> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization() },
    body: JSON.stringify({ query: stringifyDocument(document), variables }),
    signal,
  });
  const answer = (await response.json()) as { data?: Data; errors?: readonly { message: string }[] };
  if (!answer.data || answer.errors)
    throw new Error(answer.errors?.[0]?.message ?? `The server responded with status ${response.status}.`);
  return answer.data;
}
