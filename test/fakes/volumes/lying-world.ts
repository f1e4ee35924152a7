import { setImmediate } from 'node:timers/promises';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import type { BlockDevice } from '../../../src/volumes/devices/block-device.ts';
import type { BlockDevices } from '../../../src/volumes/devices/block-devices.ts';
import type { ProvidedVolume, VolumeProvider } from '../../../src/volumes/volume-provider.ts';

/** What goes wrong with one call of the provider. */
export const callLies = [
  'NONE',
  /** The provider answers long before the device comes: it is missing in the next looks. */
  'LATE_DEVICE',
  /** It was done, and the answer was lost. */
  'LOST_ANSWER',
  /** It was not done, and the answer says that nobody knows the job. */
  'VANISHED_JOB',
  /** It was done twice. */
  'DUPLICATE',
  /** It was done, and the answer comes after what was asked for next. */
  'SLOW',
  /** The answer names another volume's serial. */
  'WRONG_SERIAL',
] as const;

/** What the kernel shows in place of the truth. */
export const kernelLies = [
  'NONE',
  /** Two devices have exchanged their names and numbers, as after a reboot. */
  'SWAPPED',
  /** Every device has a diskseq that another one had. */
  'DISKSEQ_REUSED',
  /** A second path to a device: two devices with one serial. */
  'TWIN',
  /** Somebody else's device of the same size, at the front. */
  'STRANGER',
  /** The host was restarted: numbers begin anew, in another order. */
  'RESTARTED',
  /** While the provider was at work, a device was away and came back: numbered as the newest of all. */
  'RECONNECTED',
  /** Watchers are told nothing. */
  'LOST_EVENT',
] as const;

export type CallLie = (typeof callLies)[number];
export type KernelLie = (typeof kernelLies)[number];

/** A provider and a kernel that lie. What is behind a device in truth is `truth(path)`: the serial that its bytes belong to. */
export class LyingWorld {
  readonly #lies: CallLie[] = [];
  readonly #truth = new Map<string, string>();
  readonly #withSerials: boolean;
  #lateLooks = 0;
  #kernel: KernelLie = 'NONE';
  #wasAsked = false;

  /** Without serials, as on hypervisors that give none: the provider names none, and no device shows one. */
  constructor({ withSerials = true } = {}) {
    this.#withSerials = withSerials;
  }

  /** What it shows from now on. */
  set kernel(lie: KernelLie) {
    this.#kernel = lie;
    this.#wasAsked = false;
  }

  /** Begins to lie: one lie a call. */
  begin(script: readonly CallLie[]): void {
    this.#lies.push(...script);
  }

  /** From here on everything is told as it is. */
  calm(): void {
    this.#lies.length = 0;
    this.kernel = 'NONE';
    this.#lateLooks = 0;
  }

  /** The serial of the volume whose bytes are behind a device as it was shown last: by number, which cannot be shown wrongly. */
  truth(device: Pick<BlockDevice, 'rdev'>): string | undefined {
    return this.#truth.get(device.rdev);
  }

  lie = (honest: VolumeProvider, real: BlockDevices): { provider: VolumeProvider; devices: BlockDevices } => {
    const seen = (volume: ProvidedVolume): ProvidedVolume => (this.#withSerials ? volume : { ...volume, serial: null });
    const call = async <T>(work: () => Promise<T>): Promise<T> => {
      this.#wasAsked = true;
      const lie = this.#lies.shift() ?? 'NONE';
      switch (lie) {
        case 'LOST_ANSWER':
          await work();
          throw new MemoirError('PROVIDER_UNAVAILABLE', 'the answer was lost');
        case 'VANISHED_JOB':
          throw new MemoirError('PROVIDER_UNAVAILABLE', 'nobody knows this job');
        case 'DUPLICATE':
          await work();
          return work();
        case 'LATE_DEVICE':
          this.#lateLooks = 2;
          return work();
        case 'SLOW': {
          const answer = await work();
          for (let turn = 0; turn < 20; turn++) await setImmediate();
          return answer;
        }
        case 'WRONG_SERIAL': {
          const answer = await work();
          const others = (await honest.list(AbortSignal.timeout(5_000))).filter(
            ({ mark }) => typeof answer === 'object' && answer !== null && 'mark' in answer && answer.mark !== mark,
          );
          return others[0] === undefined ? answer : { ...answer, serial: others[0].serial };
        }
        default:
          return work();
      }
    };
    const provider: VolumeProvider = {
      ...honest,
      create: async (spec, signal) => seen(await call(() => honest.create(spec, signal))),
      attach: async (target, signal) => seen(await call(() => honest.attach(target, signal))),
      detach: async (target, signal) => seen(await call(() => honest.detach(target, signal))),
      describe: async (mark, signal) => {
        const volume = await honest.describe(mark, signal);
        return volume && seen(volume);
      },
      list: async (signal) => (await honest.list(signal)).map(seen),
      delete: (mark, signal) => call(() => honest.delete(mark, signal)),
    };
    const kernel = (): KernelLie => this.#kernel;
    const devices: BlockDevices = {
      ...real,
      get boot() {
        return kernel() === 'RESTARTED' ? 'after' : real.boot;
      },
      scan: async () => {
        const shown = this.#show(await real.scan());
        return this.#withSerials ? shown : shown.map((device) => ({ ...device, serial: null }));
      },
      watch: (listener) => real.watch((change) => this.#kernel !== 'LOST_EVENT' && listener(change)),
    };
    return { provider, devices };
  };

  #show(real: readonly BlockDevice[]): readonly BlockDevice[] {
    this.#truth.clear();
    for (const { rdev, serial } of real) this.#truth.set(rdev, serial as string);
    const isLate = this.#lateLooks > 0;
    if (isLate) this.#lateLooks -= 1;
    const devices = isLate ? real.slice(0, -1) : real;
    // Without serials, an unknown device of the same size that comes while the right one is late cannot be told from it by anybody.
    if (isLate && !this.#withSerials && ['TWIN', 'STRANGER'].includes(this.#kernel)) return devices;
    const [first] = devices;
    switch (this.#kernel) {
      case 'RECONNECTED':
        return devices.map((device) => (this.#wasAsked && device === first ? { ...device, diskseq: 10_000 } : device));
      case 'SWAPPED':
        return devices.map((device, index) => {
          const { name, path, rdev } = devices[devices.length - 1 - index] as BlockDevice;
          this.#truth.set(rdev, device.serial as string);
          return { ...device, name, path, rdev };
        });
      case 'RESTARTED':
        return devices.map((device, index) => {
          const { name, path, rdev, diskseq } = devices[devices.length - 1 - index] as BlockDevice;
          this.#truth.set(rdev, device.serial as string);
          return { ...device, name, path, rdev, diskseq };
        });
      case 'DISKSEQ_REUSED':
        return devices.map((device) => ({ ...device, diskseq: 1 }));
      case 'TWIN': {
        if (first === undefined) return devices;
        const twin = { ...first, name: 'sdz', path: '/dev/sdz', rdev: '8:400', diskseq: 999 };
        this.#truth.set(twin.rdev, 'another path');
        return [...devices, twin];
      }
      case 'STRANGER': {
        const stranger = {
          name: 'sdy',
          path: '/dev/sdy',
          rdev: '8:384',
          diskseq: 998,
          sizeBytes: first?.sizeBytes ?? 2 ** 23,
        };
        this.#truth.set(stranger.rdev, 'a stranger');
        return [{ ...stranger, serial: null }, ...devices];
      }
      default:
        return devices;
    }
  }
}
