/** The code of what was thrown, as Node's own errors and libraries have one. */
export function codeOf(thrown: unknown): string | undefined {
  const has = typeof thrown === 'object' && thrown !== null && 'code' in thrown;
  return has && typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** The text of what was thrown, whatever it is. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
