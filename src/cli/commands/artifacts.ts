import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import {
  CliRemoveUnwantedArtifactsDocument,
  CliUnwantedArtifactsDocument,
  type CliUnwantedArtifactsQuery,
} from '../generated/graphql.ts';
import { bytes, plain } from '../text.ts';

export interface RemoveArtifactsOptions {
  readonly yes?: boolean;
}

/** Shows the artifacts of which the server has no record. */
export async function listArtifacts(console: Console) {
  await showUnwanted(console);
  return exitCodes.done;
}

async function showUnwanted(console: Console): Promise<Unwanted | null> {
  const { unwantedArtifacts = null } = (await console.client.ask(CliUnwantedArtifactsDocument, {})).service;
  print(console, unwantedArtifacts, () => describe(unwantedArtifacts));
  return unwantedArtifacts;
}

/** Removes them for good; without `--yes` it says what would be removed, and removes nothing. */
export async function removeArtifacts(console: Console, { yes = false }: RemoveArtifactsOptions) {
  if (!yes) {
    const unwanted = await showUnwanted(console);
    if (unwanted?.count === 0) return exitCodes.done;
    console.tell(
      'Nothing was removed. `memoir reindex` takes these artifacts into the catalogue; `memoir artifacts remove --yes` removes them for good.\n',
    );
    return exitCodes.usage;
  }
  const { removed } = (await console.client.ask(CliRemoveUnwantedArtifactsDocument, {})).removeUnwantedArtifacts;
  print(console, removed, () => (removed == null || removed.count === 0 ? none : `Removed ${countOf(removed)}.`));
  return exitCodes.done;
}

type Unwanted = NonNullable<CliUnwantedArtifactsQuery['service']['unwantedArtifacts']>;

const none = 'Every artifact has a record.';

const countOf = ({ count, sizeBytes }: Unwanted): string =>
  `${count} ${count === 1 ? 'artifact' : 'artifacts'} (${bytes(sizeBytes)})`;

function describe(unwanted: Unwanted | null | undefined): string {
  if (unwanted == null) return 'The server has not looked for them yet; try again in some seconds.';
  if (unwanted.count === 0) return none;
  const { count, locations } = unwanted;
  return [
    `${countOf(unwanted)} without a record:`,
    ...locations.map((location) => `  ${plain(location)}`),
    ...(count > locations.length ? [`  and ${count - locations.length} more`] : []),
  ].join('\n');
}
