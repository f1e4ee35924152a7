import { PullStream } from '../../async/pull-stream.ts';
import type { Round } from '../../telemetry/sample.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';

/** The newest round, if there is one, and every later one; a reader who is slow gets the latest, not every one. */
export function watchRounds(telemetry: Telemetry): AsyncIterableIterator<Round> {
  let unread: Round | null = telemetry.latestRound();
  const stream = new PullStream<Round>(
    async () => {
      const value = unread;
      unread = null;
      return value === null ? undefined : { value };
    },
    () => unwatch(),
  );
  const unwatch = telemetry.watch((round) => {
    unread = round;
    stream.knock();
  });
  return stream;
}
