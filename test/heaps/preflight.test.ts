import { describe, expect, it } from 'vitest';
import { type HeapMemory, preflight } from '../../src/heaps/preflight.ts';

const mebibyte = 1024 * 1024;
const memory = (more: Partial<HeapMemory> = {}): HeapMemory => ({
  nodeVersion: 'v24.21.0',
  pid: 7,
  uptimeSec: 60,
  usedHeapBytes: 10 * mebibyte,
  heapLimitBytes: 4096 * mebibyte,
  rssBytes: 80 * mebibyte,
  externalBytes: mebibyte,
  arrayBuffersBytes: 0,
  limits: [],
  machineAvailableBytes: null,
  ...more,
});
const limit = (limitMebibytes: number, usedMebibytes: number, reclaimableMebibytes = 0) => ({
  limitBytes: limitMebibytes * mebibyte,
  usedBytes: usedMebibytes * mebibyte,
  reclaimableBytes: reclaimableMebibytes * mebibyte,
});

describe('the preflight', () => {
  it('needs 16 times the used heap and 64 MiB', () => {
    expect(preflight(memory()).neededBytes).toBe((16 * 10 + 64) * mebibyte);
    expect(preflight(memory({ limits: [limit(400, 176)] })).enough).toBe(true);
    expect(preflight(memory({ limits: [limit(400, 177)] })).enough).toBe(false);
  });

  it('goes by the tightest limit, with what the kernel would give back', () => {
    const tight = preflight(memory({ limits: [limit(1000, 10), limit(300, 250)], machineAvailableBytes: 8e9 }));
    expect(tight).toMatchObject({ limitedBy: 'cgroup', availableBytes: 50 * mebibyte, enough: false });
    expect(preflight(memory({ limits: [limit(300, 250, 200)] })).enough).toBe(true);
    expect(preflight(memory({ machineAvailableBytes: mebibyte }))).toMatchObject({
      limitedBy: 'machine',
      enough: false,
    });
    expect(preflight(memory())).toMatchObject({ limitedBy: null, availableBytes: null, enough: true });
  });

  it('says before what it costs: the stall, the probe, and what the snapshot will not show', () => {
    const { expectedStallMs, warnings } = preflight(memory({ usedHeapBytes: 100e6, externalBytes: 900e6 }));
    expect(expectedStallMs).toBe(7000);
    expect(warnings.join('\n')).toMatch(/about 7.0 s[\s\S]*liveness probe[\s\S]*900 MB are outside/);
    expect(preflight(memory({ usedHeapBytes: 5e6, externalBytes: 0 })).warnings).toHaveLength(1);
  });
});
