/** Like `recordEffects` of the catalogue, for a server that also writes to InfluxDB: the line is fixed in the same transaction. */
export const publishedRecordEffects = {
  'record.append': new URL('./publish-append-effect.ts', import.meta.url).href,
  'record.mark': new URL('./publish-mark-effect.ts', import.meta.url).href,
} as const;
