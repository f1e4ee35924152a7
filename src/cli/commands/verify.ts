import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliVerificationDocument, type CliVerificationSubscription, CliVerifyDocument } from '../generated/graphql.ts';
import { ProgressView } from '../progress-view.ts';
import { plain } from '../text.ts';
import { untilComplete } from '../until-complete.ts';

/** Has the server read a dump's artifact back, and waits for what it finds. */
export async function verify(console: Console, dumpId: string) {
  const { operation: started } = (await console.client.ask(CliVerifyDocument, { id: dumpId })).verifyDump;
  const view = new ProgressView(console);
  let last: CliVerificationSubscription['operationProgress'] | undefined;
  for await (const { operationProgress } of untilComplete(console, CliVerificationDocument, () => ({
    ids: [started.id],
  }))) {
    view.show({ ...operationProgress, name: 'verify' });
    last = operationProgress;
  }
  const error = last?.operation.error ?? null;
  const text =
    error === null ? plain(last?.message ?? '') : `${error.code}: ${plain(error.message)}\n${plain(error.hint)}`;
  print(console, { id: started.id, dumpId, state: last?.state, message: last?.message, error }, () => text);
  return last?.state === 'COMPLETED' ? exitCodes.done : exitCodes.failed;
}
