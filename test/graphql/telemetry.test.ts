import { describe, expect, it, vi } from 'vitest';
import { ask, codeOf, follow, listen, next } from '../fakes/graphql-client.ts';
import { machine, machineId, measurement } from '../fakes/machines.ts';
import { startTestServer } from '../fakes/server.ts';

const usage =
  'vmId vmName at cpuPercent memoryBytes memoryUsedBytes memoryRssBytes blockReadBytesPerSecond blockWriteBytesPerSecond networkReceiveBytesPerSecond networkTransmitBytesPerSecond';

/** A server that measures often; what it measures is `counted`, of which the rates follow by the real clock. */
async function measuring() {
  const server = await startTestServer({
    measurements: [measurement(1, 1000), measurement(2, 1000)],
    measureEveryMs: 25,
  });
  /** The counters grow from one reading to the next. */
  let counted = 1000;
  server.hypervisor.measure = async () => {
    counted += 1_000_000;
    return server.hypervisor.measurements.map(({ name }) => measurement(Number(name.slice(3)), counted));
  };
  return server;
}

describe('the usage of machines', () => {
  it('is what was measured last, and null for a machine that is off', async () => {
    const { url } = await measuring();
    await vi.waitFor(async () => {
      const { data } = await ask(url, `{ vms { name usage { ${usage} } } }`);
      const [first, , off] = data.vms;
      expect(first.usage).toMatchObject({ vmId: machineId(1), vmName: 'vm-1', memoryBytes: 1 << 20 });
      expect(first.usage.cpuPercent).toBeGreaterThan(0);
      expect(first.usage.blockReadBytesPerSecond).toBeGreaterThan(0);
      expect(first.usage.memoryRssBytes).toBeNull();
      expect(off).toEqual({ name: 'vm-3', usage: null });
    });
  });

  it('is forgotten when the hypervisor has been away for some rounds, and there again when it is back', async () => {
    const { url, hypervisor } = await measuring();
    const read = async () => (await ask(url, '{ vm(name: "vm-1") { usage { at } } }')).data.vm.usage;
    await vi.waitFor(async () => expect(await read()).not.toBeNull());
    const { measure } = hypervisor;
    hypervisor.measure = () => Promise.reject(new Error('no answer'));
    await vi.waitFor(async () => expect(await read()).toBeNull());
    hypervisor.measure = measure;
    await vi.waitFor(async () => expect(await read()).not.toBeNull());
  });

  it.each([
    ['WebSocket', follow],
    ['server-sent events', listen],
  ])('is followed live over %s: at once as it is, then with every round', async (_, open) => {
    const { url, telemetry } = await measuring();
    await vi.waitFor(() => expect(telemetry.latest(machineId(1))?.cpuPercent).toBeGreaterThan(0));
    const stream = open(url, 'subscription { vmStats { vmName at cpuPercent } }');
    const [first, second] = [await next(stream), await next(stream)];
    for (const { data } of [first, second])
      expect(data.vmStats.map(({ vmName }: { vmName: string }) => vmName)).toEqual(['vm-1', 'vm-2']);
    expect(Date.parse(second.data.vmStats[0].at)).toBeGreaterThan(Date.parse(first.data.vmStats[0].at));
    await stream.return?.(undefined);
  });

  it('is followed for the machines that are named, by name or id; nobody is an empty list', async () => {
    const { url } = await measuring();
    const query = 'subscription($vms: [String!]) { vmStats(vms: $vms) { vmName } }';
    const read = async (vms: string[]) => (await next(follow(url, query, { vms }))).data.vmStats;
    expect(await read(['vm-2'])).toEqual([{ vmName: 'vm-2' }]);
    expect(await read([machineId(1), 'nobody'])).toEqual([{ vmName: 'vm-1' }]);
    expect(await read(['nobody'])).toEqual([]);
    expect(codeOf(await next(follow(url, query, { vms: [] })))).toBe('BAD_INPUT');
  });
});

describe('the statistics of a machine', () => {
  const query = `query($range: StatsRange, $resolution: Int) { vm(name: "vm-1") { stats(range: $range, resolution: $resolution) {
    from until resolution source warnings points { at samples cpuPercent cpuPeakPercent memoryUsedBytes } } } }`;

  it('are points of ten seconds over the last hour if nothing else is asked for', async () => {
    const { url } = await measuring();
    await vi.waitFor(async () => {
      const { data } = await ask(url, query);
      const { stats } = data.vm;
      expect(stats).toMatchObject({ resolution: 10, source: 'RING', warnings: [] });
      const length = Date.parse(stats.until) - Date.parse(stats.from);
      expect([3_600_000, 3_610_000]).toContain(length);
      expect(stats.points[0]).toMatchObject({ memoryUsedBytes: 512 * 1024 });
      expect(stats.points[0].cpuPercent).toBeGreaterThan(0);
    });
    const { data } = await ask(url, query, { range: { last: 86_400 }, resolution: 3600 });
    expect(data.vm.stats.points.length).toBeLessThanOrEqual(2);
    expect(data.vm.stats.resolution).toBe(3600);
    const old = { from: '2026-01-01T00:00:00Z', until: '2026-01-02T00:00:00Z' };
    expect((await ask(url, query, { range: old })).data.vm.stats.points).toEqual([]);
  });

  it.each([
    ['a range that ends before it begins', { range: { from: '2026-01-02', until: '2026-01-01' } }],
    ['two ranges at once', { range: { last: 60, from: '2026-01-02' } }],
    ['a resolution between two samples', { resolution: 7 }],
    ['more points than an answer has', { range: { last: 86_400 }, resolution: 10 }],
  ])('are refused for %s, and only those', async (_, variables) => {
    const { url } = await startTestServer();
    expect(codeOf(await ask(url, query, variables))).toBe('BAD_INPUT');
  });

  it('of many machines are read in one call for each range', async () => {
    const asked: unknown[] = [];
    const machines = Array.from({ length: 30 }, (_, index) => machine(index + 1));
    const { url } = await startTestServer({
      machines,
      wrap: (services) => ({
        ...services,
        telemetry: {
          ...services.telemetry,
          series: (ids, range) => {
            asked.push([ids.length, range]);
            return services.telemetry.series(ids, range);
          },
        },
      }),
    });
    const fields = 'resolution points { at }';
    await ask(
      url,
      `{ vms { hour: stats { ${fields} } half: stats(range: { last: 1800 }, resolution: 60) { ${fields} } } }`,
    );
    expect(asked).toEqual([
      [30, {}],
      [30, { lastSeconds: 1800, resolutionSeconds: 60 }],
    ]);
  });

  it('have a price: so many points of so many machines, also where a variable says how many', async () => {
    const { url } = await startTestServer();
    const fields = usage.replace('vmId vmName at', 'at');
    const code = async (args: string, variables = {}) =>
      codeOf(
        await ask(
          url,
          `query($last: Int, $range: StatsRange) { vms { stats${args.replace('()', '')} { points { ${fields} } } }
        unused: vm(name: "-") { stats(range: $range) { from } } other: vm(name: "-") { stats(range: { last: $last }) { from } } }`,
          variables,
        ),
      );
    expect(await code('(range: { last: 600 }, resolution: 20)')).toBeUndefined();
    expect(await code('(range: { last: $last })', { last: 300 })).toBeUndefined();
    expect(await code('(range: { last: $last })', { last: 86400 })).toBe('LIMIT_EXCEEDED');
    expect(await code('(range: $range)', { range: { from: '2026-01-01', until: '2026-01-08' } })).toBe(
      'LIMIT_EXCEEDED',
    );
    expect(
      await code('(range: $range, resolution: 86400)', { range: { from: '2026-01-01', until: '2026-01-08' } }),
    ).toBeUndefined();
    expect(await code('')).toBe('LIMIT_EXCEEDED');
  });

  it.each([
    '{ vms { stats(range: { from: "nonsense" }) { points { at samples } } } }',
    '{ vms { stats(range: 7) { points { at samples } } } }',
    '{ vms { stats(range: { last: null, from: null }, resolution: null) { resolution } } }',
    '{ vms { stats(resolution: 99999999999) { points { at samples } } } }',
  ])('are never measured wrongly by arguments that nobody has checked yet: %s', async (query) => {
    const { url } = await startTestServer();
    expect([undefined, 'BAD_INPUT', 'LIMIT_EXCEEDED']).toContain(codeOf(await ask(url, query)));
    const many = `{ ${Array.from({ length: 5 }, (_, index) => `a${index}: ${query.slice(2, -2)}`).join(' ')} }`;
    if (query.includes('points')) expect(codeOf(await ask(url, many))).toMatch(/BAD_INPUT|LIMIT_EXCEEDED/);
  });
});
