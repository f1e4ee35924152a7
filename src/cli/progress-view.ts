import type { Console } from './console.ts';
import { bytes, columnsOf, fit, plain, seconds } from './text.ts';

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
const nameWidth = 20;

/** Most bars that are redrawn: with more than a window has lines, the cursor could not find back to the first. */
const mostBars = 16;

/**
 * Progress while it is made. On a terminal, one bar for each operation that goes on, drawn over, below those that have ended; where
 * nobody watches (a pipe, a log), a line whenever the state or the phase changed, and not one escape code.
 */
export class ProgressView {
  readonly #console: Console;
  readonly #active = new Map<string, ShownProgress>();
  readonly #last = new Map<string, string>();
  /** Lengths of the lines that were drawn last and are drawn over next. */
  #drawn: readonly number[] = [];

  constructor(console: Console) {
    this.#console = console;
  }

  show(next: ShownProgress): void {
    const { columns, tell, quiet } = this.#console;
    if (quiet) return;
    if (columns === null) {
      const stage = `${next.state} ${next.phase}`;
      if (this.#last.get(next.id) !== stage) tell(`${plain(sentence(next))}\n`);
      this.#last.set(next.id, stage);
      return;
    }
    const isOver = !['QUEUED', 'RUNNING'].includes(next.state);
    if (isOver) this.#active.delete(next.id);
    else this.#active.set(next.id, next);
    const active = [...this.#active.values()];
    const more = active.length > mostBars ? [`and ${active.length - mostBars} more`] : [];
    const bars = [...active.slice(0, mostBars).map((one) => line(one, columns)), ...more];
    // What has ended is drawn a last time and stays; what goes on is below it.
    const lines = isOver ? [line(next, columns), ...bars] : bars;
    tell(this.#back(columns) + lines.map((one) => `\r\u001b[2K${one}\n`).join(''));
    this.#drawn = bars.map(columnsOf);
  }

  /** Up to the first line of the last drawing. A window that became narrower has wrapped them: they take more lines, and all are wiped. */
  #back(columns: number): string {
    if (this.#drawn.length === 0) return '';
    const lines = this.#drawn.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / columns)), 0);
    const wipe = lines === this.#drawn.length ? '' : '\r\u001b[J';
    return `\u001b[${lines}A${wipe}`;
  }
}

/** Name, bar and percent first: a narrow window leaves out the rest, and then the bar. */
function line({ name, state, phase, progress }: ShownProgress, columns: number): string {
  const room = Math.max(20, columns - 1);
  const percent = state === 'COMPLETED' ? 100 : (progress?.percent ?? 0);
  const stage = state === 'RUNNING' && phase !== null ? phase : state.toLowerCase();
  const count = `${percent.toFixed(0).padStart(3)} %  ${plain(stage)}`;
  const shown = fit(plain(name), Math.max(nameWidth, Math.floor(room / 3)));
  const called = shown + ' '.repeat(Math.max(0, Math.min(nameWidth, Math.floor(room / 3)) - columnsOf(shown)));
  const width = Math.min(barWidth, room - columnsOf(called) - columnsOf(count) - 2);
  const filled = Math.round((percent / 100) * width);
  const bar = width < 4 ? '' : `${'█'.repeat(filled)}${'░'.repeat(width - filled)} `;
  const rate = progress?.bytesPerSecond == null ? '' : `  ${bytes(progress.bytesPerSecond)}/s`;
  const left = progress?.secondsLeft == null ? '' : `  ${seconds(progress.secondsLeft)} left`;
  const text = `${called} ${bar}${count}`;
  // As a whole or not at all.
  const more = [`${rate}${left}`, rate, ''].find((one) => columnsOf(text + one) <= room) ?? '';
  return fit(text + more, room);
}

function sentence({ name, state, phase, message }: ShownProgress): string {
  return `${name}: ${state.toLowerCase()}${phase === null ? '' : `, ${phase}`}: ${message}`;
}
