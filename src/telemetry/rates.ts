import type { MachineMeasurement } from '../machines/machine.ts';
import type { Sample } from './sample.ts';

interface Reading {
  readonly measurement: MachineMeasurement;
  readonly clockMs: number;
}

/** Counters of which rates are made. */
type Counter = 'cpuTimeNs' | 'blockReadBytes' | 'blockWriteBytes' | 'networkReceiveBytes' | 'networkTransmitBytes';

/** Makes samples of readings: a rate is what a counter grew by since the reading before. */
export class Rates {
  readonly #longestMs: number;
  #previous = new Map<string, Reading>();

  /** A reading that is further back than `longestMs` says nothing about now. */
  constructor(longestMs: number) {
    this.#longestMs = longestMs;
  }

  /** `clockMs` is of a clock that is never set, unlike the one that samples are dated by. */
  next(measurements: readonly MachineMeasurement[], clockMs: number): Sample[] {
    const previous = this.#previous;
    this.#previous = new Map(measurements.map((measurement) => [measurement.machineId, { measurement, clockMs }]));
    return measurements.map((now) => this.#sample(now, previous.get(now.machineId), clockMs));
  }

  #sample(now: MachineMeasurement, last: Reading | undefined, clockMs: number): Sample {
    const before = last?.measurement;
    const seconds = (clockMs - (last?.clockMs ?? 0)) / 1000;
    // A machine that was restarted counts from zero again, under a new number.
    const isSame = before !== undefined && before.vmid === now.vmid && seconds > 0 && seconds * 1000 <= this.#longestMs;
    const perSecond = (counter: Counter): number | null => {
      const [then, current] = [before?.[counter] ?? null, now[counter]];
      // One that fell was reset, or lost a device.
      return isSame && then !== null && current !== null && current >= then ? (current - then) / seconds : null;
    };
    const whole = (value: number | null): number | null => (value === null ? null : Math.round(value));
    const cpuNs = perSecond('cpuTimeNs');
    const vcpus = now.vcpus ?? (isSame ? before.vcpus : null);
    return {
      machineId: now.machineId,
      name: now.name,
      vmid: now.vmid,
      state: now.state,
      atMs: now.atMs,
      cpuPercent: cpuNs === null || !vcpus ? null : Math.round(cpuNs / vcpus / 1e5) / 100,
      memoryBytes: now.memoryBytes,
      memoryUsedBytes: now.memoryUsedBytes,
      memoryRssBytes: now.memoryRssBytes,
      blockReadBytesPerSecond: whole(perSecond('blockReadBytes')),
      blockWriteBytesPerSecond: whole(perSecond('blockWriteBytes')),
      networkReceiveBytesPerSecond: whole(perSecond('networkReceiveBytes')),
      networkTransmitBytesPerSecond: whole(perSecond('networkTransmitBytes')),
    };
  }
}
