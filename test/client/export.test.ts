import { afterEach, describe, expect, it, vi } from 'vitest';
import { exportRecords } from '../../client/records/export-records.ts';
import { recordColumns } from '../../client/records/record-csv.ts';

/** A server with `total` records whose cursor is a number; each request is remembered. */
function serveRecords(total: number) {
  const asked: { first: number; after: string | null }[] = [];
  vi.stubGlobal('sessionStorage', { getItem: () => null });
  vi.stubGlobal('localStorage', { getItem: () => null });
  vi.stubGlobal('fetch', async (_: string, { body, signal }: { body: string; signal: AbortSignal }) => {
    signal.throwIfAborted();
    const { first, after } = JSON.parse(body).variables;
    asked.push({ first, after });
    const start = Number(after ?? 0);
    const count = Math.min(first, total - start);
    const nodes = Array.from({ length: count }, (_, index) => ({ dom: `=vm-${start + index}`, id: start + index }));
    const pageInfo = { hasNextPage: start + count < total, endCursor: String(start + count) };
    return { status: 200, json: async () => ({ data: { dumpRecords: { totalCount: total, nodes, pageInfo } } }) };
  });
  return asked;
}

const options = { filter: {}, orderBy: { by: 'TIME', direction: 'DESC' } as const };
afterEach(() => void vi.unstubAllGlobals());

describe('the export', () => {
  it('has everything that matches, page by page, each record once, with a heading', async () => {
    const asked = serveRecords(2500);
    const steps: string[] = [];
    const progress = (done: number, total: number | null) => void steps.push(`${done}/${total}`);
    const file = await exportRecords({ ...options, signal: new AbortController().signal, progress });
    const bytes = new Uint8Array(await file.arrayBuffer());
    const lines = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split('\r\n');
    expect(lines).toHaveLength(2502);
    expect(lines[0]).toBe(`\ufeff${recordColumns.map(([name]) => name).join(',')}`);
    expect(lines[1]).toContain("'=vm-0,");
    expect(new Set(lines.slice(1, -1)).size).toBe(2500);
    expect(lines.at(-1)).toBe('');
    expect(asked.map(({ after }) => after)).toEqual([null, '1000', '2000']);
    expect(steps).toEqual(['1000/2500', '2000/2500', '2500/2500']);
  });

  it('keeps the names of the old columns', () => {
    expect(recordColumns.slice(1, 10).map(([name]) => name)).toEqual([
      'dom',
      'vmid',
      'sha256',
      'duration_sec',
      'gzip_size_bytes',
      'ctime',
      'mtime',
      'atime',
      'dump_path',
    ]);
  });

  it('can be stopped', async () => {
    serveRecords(100_000);
    const controller = new AbortController();
    const progress = () => controller.abort();
    await expect(exportRecords({ ...options, signal: controller.signal, progress })).rejects.toThrow();
  });

  it('fails with what the server said', async () => {
    vi.stubGlobal('sessionStorage', { getItem: () => null });
    vi.stubGlobal('localStorage', { getItem: () => null });
    vi.stubGlobal('fetch', async () => ({
      status: 200,
      json: async () => ({ errors: [{ message: 'search is too long' }] }),
    }));
    const signal = new AbortController().signal;
    await expect(exportRecords({ ...options, signal, progress: () => {} })).rejects.toThrow('search is too long');
  });
});
