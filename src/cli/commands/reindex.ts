import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliReindexDocument, CliReindexReportDocument, CliVerificationDocument } from '../generated/graphql.ts';
import { ProgressView } from '../progress-view.ts';
import { plain } from '../text.ts';
import { untilComplete } from '../until-complete.ts';

/** Has the server rebuild its catalogue, and says what was found. Fails where a manifest is broken: someone has to look. */
export async function reindex(console: Console) {
  const { operation: started } = (await console.client.ask(CliReindexDocument, {})).reindex;
  const view = new ProgressView(console);
  for await (const { operationProgress } of untilComplete(console, CliVerificationDocument, () => ({
    ids: [started.id],
  })))
    view.show({ ...operationProgress, name: 'reindex' });
  const { operation } = await console.client.ask(CliReindexReportDocument, { id: started.id });
  const { state, message, error = null } = operation ?? {};
  const report = operation && 'report' in operation ? operation.report : null;
  const lines = (report?.faults ?? []).map(({ location, reason }) => `${plain(location)}: ${plain(reason)}`);
  const text = error === null ? plain(message ?? '') : `${error.code}: ${plain(error.message)}\n${plain(error.hint)}`;
  print(console, { id: started.id, state, message, error, report }, () => [text, ...lines].join('\n'));
  return report !== null && report.broken === 0 ? exitCodes.done : exitCodes.failed;
}
