import { describe, expect, it } from 'vitest';
import { dayUs, midnightUs, sampleRecord } from '../contracts/sample-records.ts';
import { ask, codeOf } from '../fakes/graphql-client.ts';
import { startTestServer } from '../fakes/server.ts';

async function startWithRecords(count: number) {
  const server = await startTestServer();
  for (let number = 1; number <= count; number++) await server.records.append(sampleRecord(number));
  return server;
}

const doms = (answer: { data?: { dumpRecords: { nodes: { dom: string }[] } } }) =>
  answer.data?.dumpRecords.nodes.map(({ dom }) => dom);

describe('records', () => {
  it('have the old names in camel case, and times with microseconds', async () => {
    const { url } = await startWithRecords(1);
    const { data } = await ask(
      url,
      '{ dumpRecords { nodes { time dom vmid sha256 durationSec gzipSizeBytes vmName sizeBytes modifiedAt ctime mtime atime dumpPath } source warnings } }',
    );
    const record = sampleRecord(1);
    expect(data.dumpRecords).toEqual({
      source: 'CATALOGUE',
      warnings: [],
      nodes: [
        {
          time: '2025-11-14T00:00:01.000003Z',
          dom: 'vm-1',
          vmid: '101',
          sha256: record.sha256,
          durationSec: 1.625,
          gzipSizeBytes: 200_000_001,
          vmName: 'vm-1',
          sizeBytes: 200_000_001,
          modifiedAt: new Date(record.mtime * 1000).toISOString(),
          ctime: record.ctime,
          mtime: record.mtime,
          atime: record.atime,
          dumpPath: record.dumpPath,
        },
      ],
    });
  });

  it('are paged by cursor and by offset, sorted and filtered', async () => {
    const { url } = await startWithRecords(5);
    const first = await ask(url, '{ dumpRecords(first: 2) { nodes { dom } pageInfo { endCursor } totalCount } }');
    expect(doms(first)).toEqual(['vm-5', 'vm-4']);
    expect(first.data.dumpRecords.totalCount).toBe(5);
    const after = first.data.dumpRecords.pageInfo.endCursor;
    const query = 'query($after: String) { dumpRecords(first: 2, after: $after) { nodes { dom } } }';
    expect(doms(await ask(url, query, { after }))).toEqual(['vm-3', 'vm-2']);
    expect(doms(await ask(url, '{ dumpRecords(first: 2, offset: 3) { nodes { dom } } }'))).toEqual(['vm-2', 'vm-1']);
    const last = await ask(url, '{ dumpRecords(last: 2) { nodes { dom } pageInfo { hasNextPage startCursor } } }');
    expect(doms(last)).toEqual(['vm-2', 'vm-1']);
    expect(last.data.dumpRecords.pageInfo.hasNextPage).toBe(false);
    const before = last.data.dumpRecords.pageInfo.startCursor;
    const ahead = 'query($before: String) { dumpRecords(last: 2, before: $before) { nodes { dom } } }';
    expect(doms(await ask(url, ahead, { before }))).toEqual(['vm-4', 'vm-3']);
    const sorted = '{ dumpRecords(orderBy: { by: SIZE, direction: ASC }, first: 1) { nodes { dom } } }';
    expect(doms(await ask(url, sorted))).toEqual(['vm-1']);
    const search = '{ dumpRecords(filter: { search: "M-4" }) { nodes { dom } } }';
    expect(doms(await ask(url, search))).toEqual(['vm-4']);
    const moment =
      '{ dumpRecords(filter: { from: "2025-11-14T01:00:02.000006+01:00", until: "2025-11-14T00:00:03.000009Z" }) { nodes { dom } } }';
    expect(doms(await ask(url, moment))).toEqual(['vm-2']);
  });

  it('refuse a cursor of another order', async () => {
    const { url } = await startWithRecords(3);
    const { data } = await ask(url, '{ dumpRecords(first: 1) { pageInfo { endCursor } } }');
    const query = 'query($after: String) { dumpRecords(after: $after, orderBy: { by: SIZE }) { nodes { dom } } }';
    expect(codeOf(await ask(url, query, { after: data.dumpRecords.pageInfo.endCursor }))).toBe('BAD_CURSOR');
  });

  it('have statistics, and days', async () => {
    const { url, records } = await startWithRecords(2);
    await records.append(sampleRecord(3, { timeUs: midnightUs + dayUs }));
    const { data } = await ask(
      url,
      '{ dumpStats { totalDumps totalVms totalSizeBytes avgDurationSec lastDump source days { day dumps } } }',
    );
    expect(data.dumpStats).toEqual({
      totalDumps: 3,
      totalVms: 3,
      totalSizeBytes: 600_000_006,
      avgDurationSec: 1.75,
      lastDump: '2025-11-15T00:00:00.000Z',
      source: 'CATALOGUE',
      days: [
        { day: '2025-11-14T00:00:00.000Z', dumps: 2 },
        { day: '2025-11-15T00:00:00.000Z', dumps: 1 },
      ],
    });
  });
});

describe('the total of a list', () => {
  const list = '{ dumpRecords(first: 2) { totalCount source warnings nodes { id } pageInfo { hasNextPage } } }';
  /** A server whose pages come from InfluxDB, and which cannot count there. */
  const divided = () =>
    startTestServer({
      wrap: (services) => ({
        ...services,
        records: {
          ...services.records,
          page: async (query) => ({ ...(await services.records.page(query)), source: 'INFLUX_SQL' }),
          count: async () => ({ total: 17, source: 'CATALOGUE', warnings: ['InfluxDB could not be asked: too slow.'] }),
        },
      }),
    });

  it('is not that of another store than the rows: it is null, says why, and the page goes on all the same', async () => {
    const server = await divided();
    for (let number = 1; number <= 3; number++) await server.records.append(sampleRecord(number));
    const { data } = await ask(server.url, list);
    expect(data?.dumpRecords).toMatchObject({
      totalCount: null,
      source: 'INFLUX_SQL',
      warnings: ['The total is not shown. InfluxDB could not be asked: too slow.'],
      pageInfo: { hasNextPage: true },
    });
    const old = await (await fetch(`${server.url}/api/memory-dumps/records?limit=2`)).json();
    expect(old).toMatchObject({ count: 2, total: null, warnings: [expect.stringContaining('too slow')] });
  });

  it('is not counted for who did not ask', async () => {
    const server = await divided();
    const { data } = await ask(server.url, '{ dumpRecords { warnings } }');
    expect(data?.dumpRecords).toEqual({ warnings: [] });
  });
});

it('knows the machines that have records, those that are gone among them', async () => {
  const server = await startTestServer();
  await server.records.append(sampleRecord(1, { dom: 'gone', machineId: 'm-1', vmid: '7' }));
  await server.records.append(sampleRecord(2, { dom: 'renamed', machineId: 'm-1', vmid: '8' }));
  await server.records.append(sampleRecord(3, { dom: 'other' }));
  const machine = '{ machineId name vmid dumps lastDump }';
  const document = `{ recordedMachines { nodes ${machine} source warnings } recordMachines ${machine} }`;
  const { data } = await ask(server.url, document);
  const nodes = [
    { name: 'other' },
    { machineId: 'm-1', name: 'renamed', vmid: '8', dumps: 2, lastDump: expect.any(String) },
  ];
  expect(data).toMatchObject({
    recordedMachines: { nodes, source: 'CATALOGUE', warnings: [] },
    recordMachines: nodes,
  });
});
