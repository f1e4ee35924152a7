import type { MockVm } from './world.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const measured = ['RUNNING', 'PAUSED'];

/** Figures that go up and down by themselves; of a machine without a balloon driver nobody knows what it uses. */
function values(vm: MockVm, atMs: number) {
  const busy = vm.state === 'RUNNING' ? 1 : 0;
  const wave = busy * (1 + Math.sin(atMs / 200_000 + vm.name.length)) * 0.5;
  return {
    cpuPercent: 3 * busy + 70 * wave,
    memoryBytes: vm.memoryBytes,
    memoryUsedBytes: vm.name === 'mail' ? null : Math.round(vm.memoryBytes * (0.3 + 0.2 * wave)),
    memoryRssBytes: Math.round(vm.memoryBytes * 0.7),
    blockReadBytesPerSecond: Math.round(2e5 * wave),
    blockWriteBytesPerSecond: Math.round(9e5 * wave),
    networkReceiveBytesPerSecond: Math.round(3e6 * wave),
    networkTransmitBytesPerSecond: Math.round(8e6 * wave),
  };
}

export function mockUsage(vm: MockVm, atMs: number) {
  if (!measured.includes(vm.state)) return null;
  return { vmId: vm.id, vmName: vm.name, at: iso(atMs), ...values(vm, atMs) };
}

/** As long as the range, with a gap in the middle. */
export function mockStats(vm: MockVm, last: number, asked: number | null | undefined, measuredYet = true) {
  const resolution = asked ?? Math.max(10, Math.ceil(last / 360 / 10) * 10);
  const step = resolution * 1000;
  const until = Math.ceil(Date.now() / step) * step;
  const from = until - last * 1000;
  const points: object[] = [];
  for (let at = from; measuredYet && measured.includes(vm.state) && at < until; at += step) {
    const place = (at - from) / (until - from);
    if (place > 0.45 && place < 0.5) continue;
    const point = values(vm, at);
    const cpuPeakPercent = Math.min(100, point.cpuPercent * 1.2);
    points.push({ at: iso(at), samples: resolution / 10, ...point, cpuPeakPercent });
  }
  return { points, from: iso(from), until: iso(until), resolution, source: 'RING', warnings: [] };
}
