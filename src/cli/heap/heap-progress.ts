import type { Console } from '../console.ts';
import { CliHeapCapturedDocument, type CliHeapCapturedQuery, CliVerificationDocument } from '../generated/graphql.ts';
import { plain, seconds } from '../text.ts';
import { Left, untilComplete } from '../until-complete.ts';

/** How often the time left is told while a pair waits. */
const tellEveryMs = 30_000;

/**
 * Follows a heap capture to its end: a line for each stage, and the time left while it waits. Answers what became of it; null when
 * the person left, who has to say what is to become of it.
 */
export async function followCapture(
  console: Console,
  id: string,
  waitingText = waitingLine,
): Promise<CliHeapCapturedQuery['operation'] | null> {
  try {
    await tellProgress(console, id, waitingText);
  } catch (error) {
    if (error instanceof Left) return null;
    throw error;
  }
  const { operation } = await console.client.ask(CliHeapCapturedDocument, { id });
  return operation;
}

async function tellProgress(console: Console, id: string, waitingText: (secondsLeft: number) => string) {
  let phase: string | null = null;
  let message = '';
  let toldAt = 0;
  for await (const { operationProgress } of untilComplete(console, CliVerificationDocument, () => ({ ids: [id] }))) {
    const { progress, final } = operationProgress;
    if (!final && (operationProgress.phase !== phase || operationProgress.message !== message)) {
      ({ phase, message } = operationProgress);
      console.tell(`${plain(message)}\n`);
      toldAt = performance.now();
    } else if (phase === 'waiting' && progress !== null && performance.now() - toldAt >= tellEveryMs) {
      toldAt = performance.now();
      // Milliseconds of waiting where others count bytes.
      console.tell(`${waitingText(((progress.totalBytes ?? 0) - progress.doneBytes) / 1000)}\n`);
    }
  }
}

const waitingLine = (secondsLeft: number): string => `${seconds(secondsLeft)} left`;
