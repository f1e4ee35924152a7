import type { Console } from './console.ts';
import { bytes, plain, seconds } from './text.ts';

/** One operation as its progress tells it. */
export interface ShownProgress {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly phase: string | null;
  readonly message: string;
  readonly progress: {
    readonly percent: number | null;
    readonly bytesPerSecond: number | null;
    readonly secondsLeft: number | null;
  } | null;
}

const barWidth = 24;

/**
 * Progress while it is made. On a terminal, one line for each operation, drawn over; where nobody watches (a pipe, a log), a
 * line whenever the state or the phase changed, and not one escape code.
 */
export class ProgressView {
  readonly #console: Console;
  readonly #shown = new Map<string, ShownProgress>();
  #drawn = 0;

  constructor(console: Console) {
    this.#console = console;
  }

  show(next: ShownProgress): void {
    const last = this.#shown.get(next.id);
    this.#shown.set(next.id, next);
    const { columns, tell } = this.#console;
    if (columns === null) {
      if (last?.state !== next.state || last.phase !== next.phase) tell(`${plain(sentence(next))}\n`);
      return;
    }
    // Up to the first line of the last drawing; each line is cleared as it is drawn.
    const up = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A`;
    const lines = [...this.#shown.values()].map((one) => `\r\u001b[2K${line(one, columns)}\n`);
    this.#drawn = lines.length;
    tell(up + lines.join(''));
  }
}

function line({ name, state, phase, progress }: ShownProgress, columns: number): string {
  const percent = progress?.percent ?? (state === 'COMPLETED' ? 100 : 0);
  const filled = Math.round((percent / 100) * barWidth);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
  const rate = progress?.bytesPerSecond == null ? '' : `  ${bytes(progress.bytesPerSecond)}/s`;
  const left = progress?.secondsLeft == null ? '' : `  ${seconds(progress.secondsLeft)} left`;
  const stage = state === 'RUNNING' && phase !== null ? phase : state.toLowerCase();
  const text = `${plain(name).padEnd(20)} ${bar} ${percent.toFixed(0).padStart(3)} %  ${plain(stage)}${rate}${left}`;
  return text.slice(0, Math.max(10, columns - 1));
}

function sentence({ name, state, phase, message }: ShownProgress): string {
  return `${name}: ${state.toLowerCase()}${phase === null ? '' : `, ${phase}`}: ${message}`;
}
