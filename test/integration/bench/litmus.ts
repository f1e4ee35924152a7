import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Guest } from './guest.ts';
import type { GuestProgram } from './initramfs.ts';
import { mounts } from './programs.ts';

/**
 * The litmus (litmus.c): `writers` processes, each on its own virtual CPU, that write an increasing counter over `pages`
 * pages of 4 KiB each, in order, as fast as they can. Says READY, then a line of measurements four times a second, which
 * `litmusReports` reads. What it leaves in memory is judged by litmus-check.ts.
 */
export async function litmus({ writers = 1, pages = 8192 } = {}): Promise<GuestProgram> {
  return { init: `${mounts}exec /litmus ${writers} ${pages}\n`, files: { litmus: await compiled() } };
}

/** What the litmus last measured. */
export interface LitmusReport {
  /** Reports so far: it increases as long as the guest executes. */
  readonly beat: number;
  /** Per writer: how much it wrote in all, pages a second, and its longest pause by the guest's clock, since the last report. */
  readonly writers: readonly { readonly written: number; readonly rate: number; readonly gapMs: number }[];
}

/** The reports in a console's text, oldest first. */
export function litmusReports(console: string): LitmusReport[] {
  return [...console.matchAll(/^LITMUS beat=(\d+)((?: \d+:\d+:\d+)+)\r?$/gm)].map(([, beat, writers]) => ({
    beat: Number(beat),
    writers: [...(writers as string).matchAll(/(\d+):(\d+):(\d+)/g)].map(([, written, rate, gapUs]) => ({
      written: Number(written),
      rate: Number(rate),
      gapMs: Number(gapUs) / 1000,
    })),
  }));
}

/** Waits for `count` reports that the guest begins from now on: that it executes, which no status proves. */
export async function nextReports(guest: Guest, count = 2): Promise<LitmusReport[]> {
  // The report that is being written now began before: it is left out.
  const from = (await guest.console()).length;
  await guest.waitFor(new RegExp(`\\n(?:LITMUS[^\\n]*\\n){${count}}`), { from });
  return litmusReports((await guest.console()).slice(from).replace(/^[^\n]*/, '')).slice(0, count);
}

let program: Promise<Uint8Array> | undefined;

/** A shell cannot write a million words a second, and bytes checked in cannot be read: so the program is C, made by gcc in half a second. */
function compiled(): Promise<Uint8Array> {
  program ??= (async () => {
    const folder = await mkdtemp(join(tmpdir(), 'memoir-litmus-'));
    try {
      const source = join(import.meta.dirname, 'litmus.c');
      await promisify(execFile)('gcc', [
        '-std=gnu11',
        '-O2',
        '-Wall',
        '-static',
        '-s',
        '-o',
        `${folder}/litmus`,
        source,
      ]);
      return await readFile(join(folder, 'litmus'));
    } finally {
      await rm(folder, { recursive: true });
    }
  })();
  return program;
}
