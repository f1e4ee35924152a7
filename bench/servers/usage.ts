/** What a server's process has used so far. */
export interface Usage {
  readonly port: number;
  readonly cpuMicros: number;
  readonly rssBytes: number;
}

/** Tells the bench, which started this process, the port and from then on the usage whenever it asks. */
export function answerUsage(port: number): void {
  const answer = () => {
    const { user, system } = process.cpuUsage();
    const usage: Usage = { port, cpuMicros: user + system, rssBytes: process.memoryUsage().rss };
    process.send?.(usage);
  };
  process.on('message', answer).on('disconnect', () => process.exit(0));
  answer();
}
