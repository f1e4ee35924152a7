import { type BlockDevice, type DeviceChange, equalDevice, sameDevice } from './block-device.ts';

/** What has to be told of two readings, in the order in which it is told: what is gone first. */
export function deviceDifferences(
  before: ReadonlyMap<string, BlockDevice>,
  now: ReadonlyMap<string, BlockDevice>,
): DeviceChange[] {
  const gone: DeviceChange[] = [];
  const rest: DeviceChange[] = [];
  for (const device of before.values()) {
    const current = now.get(device.name);
    if (current === undefined || !sameDevice(device, current)) gone.push({ type: 'GONE', device });
  }
  for (const device of now.values()) {
    const old = before.get(device.name);
    if (old === undefined || !sameDevice(old, device)) rest.push({ type: 'APPEARED', device });
    else if (!equalDevice(old, device)) rest.push({ type: 'CHANGED', device, before: old });
  }
  return [...gone, ...rest];
}
