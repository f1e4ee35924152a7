import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { sampleRecord } from '../contracts/sample-records.ts';
import { get } from '../fakes/rest-client.ts';
import { startTestServer } from '../fakes/server.ts';

const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);

describe('records and statistics', () => {
  it('have the old fields, paged by limit and offset', async () => {
    const server = await startTestServer();
    for (let number = 1; number <= 3; number++) await server.records.append(sampleRecord(number));
    const { body } = await get(server, '/api/memory-dumps/records?limit=1&offset=1');
    const { sha256, durationSec, sizeBytes, ctime, mtime, atime, dumpPath } = sampleRecord(2);
    const record = {
      dom: 'vm-2',
      vmid: '102',
      sha256,
      duration_sec: durationSec,
      gzip_size_bytes: sizeBytes,
      ctime,
      mtime,
      atime,
      dump_path: dumpPath,
    };
    expect(body).toEqual({
      records: [{ time: '2025-11-14T00:00:02.000006Z', timestamp: '2025-11-14T00:00:02.000006Z', ...record }],
      count: 1,
      limit: 1,
      offset: 1,
      total: 3,
    });
    expect((await get(server, '/api/memory-dumps/records')).body).toMatchObject({ count: 3, limit: 1000, offset: 0 });
    expect((await get(server, '/api/memory-dumps/stats')).body).toMatchObject({ total_dumps: 3, last_dump: isoTime });
  });

  it('come in more than one page of the API', async () => {
    const server = await startTestServer();
    await Promise.all(Array.from({ length: 1500 }, (_, number) => server.records.append(sampleRecord(number))));
    const { body } = await get(server, '/api/memory-dumps/records?limit=99999');
    expect(body).toMatchObject({ count: 1500, limit: 10_000, total: 1500 });
    expect(new Set(body.records.map(({ dom }: { dom: string }) => dom)).size).toBe(1500);
  });

  it('are an empty list with an error where they cannot be read, and partial with warnings', async () => {
    const server = await startTestServer({
      wrap: (services) => ({
        ...services,
        records: {
          ...services.records,
          page: () => Promise.reject(new MemoirError('DATABASE_FAILED', 'the database is closed')),
          stats: async (filter) => ({
            ...(await services.records.stats(filter)),
            totalVms: null,
            warnings: ['total_vms failed'],
          }),
        },
      }),
    });
    expect(await get(server, '/api/memory-dumps/records')).toEqual({
      status: 200,
      body: { records: [], count: 0, limit: 1000, offset: 0, error: 'the database is closed' },
    });
    expect((await get(server, '/api/memory-dumps/stats')).body).toMatchObject({
      total_vms: null,
      warnings: ['total_vms failed'],
    });
  });

  it('refuse what is no number of rows', async () => {
    const server = await startTestServer();
    for (const query of ['limit=-2', 'limit=x', 'limit=', 'limit=1&limit=2', 'offset=-1', 'limit=1.5', 'offset=1e99']) {
      expect((await get(server, `/api/memory-dumps/records?${query}`)).status, query).toBe(400);
    }
  });
});
