import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliAuditDocument, type CliAuditQuery, CliStatsDocument } from '../generated/graphql.ts';
import { bytes, plain, seconds, table } from '../text.ts';

/** How many dumps there are, how large, and how that went day by day. */
export async function showStats(console: Console) {
  const { dumpStats: stats } = await console.client.ask(CliStatsDocument, {});
  for (const warning of stats.warnings) console.tell(`${plain(warning)}\n`);
  print(console, stats, () =>
    [
      `${stats.totalDumps ?? 0} dumps of ${stats.totalVms ?? 0} machines, ${bytes(stats.totalSizeBytes ?? 0)} in all`,
      ...(stats.avgDurationSec == null ? [] : [`Average duration ${seconds(stats.avgDurationSec)}`]),
      ...(stats.lastDump == null ? [] : [`Last dump ${stats.lastDump}`]),
      ...(stats.days.length === 0
        ? []
        : [
            table(
              ['DAY', 'DUMPS', 'SIZE'],
              stats.days.map(({ day, dumps, sizeBytes }) => [day.slice(0, 10), dumps, bytes(sizeBytes)]),
            ),
          ]),
    ].join('\n'),
  );
  return exitCodes.done;
}

type Entry = CliAuditQuery['auditLog']['nodes'][number];

/** Who did what, newest first. */
export async function showAudit(console: Console, limit: number) {
  const entries: Entry[] = [];
  let after: string | null = null;
  do {
    const first = Math.min(limit - entries.length, 1000);
    const { auditLog }: CliAuditQuery = await console.client.ask(CliAuditDocument, { first, after });
    entries.push(...auditLog.nodes);
    after = auditLog.pageInfo.hasNextPage ? (auditLog.pageInfo.endCursor ?? null) : null;
  } while (after !== null && entries.length < limit);
  const rows = entries.map(({ at, actor, action, details }) => [at, actor, action, details]);
  print(console, entries, () => table(['TIME', 'ACTOR', 'ACTION', 'DETAILS'], rows));
  return exitCodes.done;
}
