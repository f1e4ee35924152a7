import { readFileSync } from 'node:fs';
import { fieldOf } from '../domain/field.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { codeOf } from '../domain/thrown.ts';

/** Reads the file that code generation writes, `{"sha256:<hex>": "<text>"}`; nothing where there is none. */
export function readPersistedDocuments(file: URL): PersistedDocuments {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return new Map();
    throw error;
  }
  const entries = Object.entries<string>(JSON.parse(text));
  return new Map(entries.map(([id, document]) => [id.replace(/^sha256:/, ''), document]));
}

/** Documents that applications were built with, by the SHA-256 of their text in hex. */
export type PersistedDocuments = ReadonlyMap<string, string>;

/**
 * The text of a request that names its document in place of sending it: by `documentId` (`sha256:<hex>`, as the draft on
 * persisted documents has it) or by `extensions.persistedQuery.sha256Hash` (as urql and Apollo send it). Undefined if it names
 * none. What clients send is never kept: the known documents are those that the server started with.
 */
export function findDocument(
  documents: PersistedDocuments,
  documentId: unknown,
  extensions: Readonly<Record<string, unknown>> | null | undefined,
): string | undefined {
  const id = documentId ?? fieldOf(extensions?.persistedQuery, 'sha256Hash');
  if (id === undefined) return undefined;
  const text = typeof id === 'string' ? documents.get(id.replace(/^sha256:/, '')) : undefined;
  if (text !== undefined) return text;
  // Clients know this text: they send the document itself then.
  throw new MemoirError('NOT_FOUND', 'PersistedQueryNotFound', { hint: 'Send the text of the document as `query`.' });
}
