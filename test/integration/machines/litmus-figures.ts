import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../bench/bench.ts';
import type { Guest } from '../bench/guest.ts';
import { type LitmusReport, litmusReports, nextReports } from '../bench/litmus.ts';
import { watchQemuEvents } from '../bench/qemu-events.ts';

/**
 * What captures cost a guest that writes as fast as it can: how long it stood still, by QEMU's own events, and what its own
 * program felt while the snapshots ran. For people to read: nothing is asserted.
 */
export class LitmusFigures {
  readonly #bench: Bench;
  readonly #guest: Guest;
  readonly #pausesMs: number[] = [];
  readonly #during: LitmusReport[] = [];
  #undisturbed: readonly LitmusReport[] = [];

  constructor(bench: Bench, guest: Guest) {
    this.#bench = bench;
    this.#guest = guest;
  }

  /** How it writes when nobody disturbs it. */
  async rest(): Promise<void> {
    this.#undisturbed = await nextReports(this.#guest, 8);
  }

  /** Counts what the guest reports while `capture` runs; a quarter of a second at each end is not the capture's alone. */
  async during(capture: () => Promise<number | null>): Promise<void> {
    const from = (await this.#guest.console()).length;
    const pauseMs = await capture();
    if (pauseMs !== null) this.#pausesMs.push(pauseMs);
    const text = (await this.#guest.console()).slice(from).replace(/^[^\n]*/, '');
    this.#during.push(...litmusReports(text));
  }

  /** Says it all, with the pause under `virsh dump --memory-only` beside it. */
  async print(name: string, dumps = 3): Promise<void> {
    await using events = await watchQemuEvents(this.#bench, this.#guest);
    for (let round = 0; round < dumps; round++) {
      const path = join(this.#bench.folder, 'guests', 'beside.elf');
      await this.#bench.virsh('dump', this.#guest.uuid, path, '--memory-only');
      await rm(path);
    }
    const rate = (reports: readonly LitmusReport[]): number =>
      reports.reduce((sum, { writers }) => sum + writers.reduce((all, one) => all + one.rate, 0), 0) / reports.length;
    const gap = (reports: readonly LitmusReport[]): number =>
      Math.max(...reports.flatMap(({ writers }) => writers.map(({ gapMs }) => gapMs)));
    const percent = Math.round((100 * rate(this.#during)) / rate(this.#undisturbed));
    const pauses = this.#pausesMs.toSorted((a, b) => a - b);
    const at = (quantile: number): string =>
      (pauses[Math.max(0, Math.ceil(quantile * pauses.length) - 1)] ?? Number.NaN).toFixed(1);
    const lines = [
      `pause of ${pauses.length} snapshots: median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
      `pause of virsh dump --memory-only: ${events
        .pausesMs()
        .map((ms) => ms.toFixed(0))
        .join(', ')} ms`,
      `writes a second: ${Math.round(rate(this.#during))} during snapshots, ${percent} % of ${Math.round(rate(this.#undisturbed))} undisturbed`,
      `longest gap on the guest's clock: ${gap(this.#during).toFixed(0)} ms during snapshots, ${gap(this.#undisturbed).toFixed(0)} ms undisturbed`,
    ];
    process.stdout.write(`${name}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  }
}
