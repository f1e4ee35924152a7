/** The two forms of a JSON answer (GraphQL over HTTP §6): they differ in what a status code means. */
export type JsonType = 'application/json' | 'application/graphql-response+json';

/** What a client accepts of what this server can send. */
export interface Accepted {
  readonly json: JsonType | null;
  readonly events: boolean;
}

/** Longest header that is looked at; nobody's real one comes near. */
const maxLength = 2000;

/** An `Accept` header (RFC 9110 §12.5.1). An absent one accepts everything; nothing but UTF-8 is ever sent. */
export function parseAccept(header: string | undefined): Accepted {
  const ranges = (header ?? '*/*')
    .slice(0, maxLength)
    .toLowerCase()
    .split(',')
    .map(parseRange)
    .filter(({ quality, charset }) => quality > 0 && (charset === null || charset === 'utf-8'))
    .sort((a, b) => b.quality - a.quality);
  const json = ranges.map(({ type }) => toJsonType(type)).find((type) => type !== null) ?? null;
  return { json, events: ranges.some(({ type }) => type === 'text/event-stream') };
}

function parseRange(range: string) {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
  const value = (name: string) => parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
  return { type, quality: Number(value('q') ?? 1), charset: value('charset')?.replaceAll('"', '') ?? null };
}

function toJsonType(type: string): JsonType | null {
  if (type === 'application/graphql-response+json') return type;
  return ['application/json', 'application/*', '*/*'].includes(type) ? 'application/json' : null;
}
