import type { Client } from '@urql/core';
import type { Answers } from '../api/answers.ts';
import {
  MachineChangesDocument,
  MachinesDocument,
  ServiceChangesDocument,
  ServiceDocument,
} from '../api/generated/graphql.ts';
import type { PageState } from './page.ts';

/** So long after the line is up the list is looked at: when whatever was being asked for has been answered. */
const laterMs = 1000;

/**
 * Machines and the service as they change. Unlike events, changes of machines have no cursor: what happened between the answer
 * and the beginning of the subscription is told by nobody. So once on every new line the list is compared with the server's.
 */
export function watchMachines(client: Client, answers: Answers, { connection, freshness }: PageState): void {
  let isNewLine = connection.get().state === 'LIVE';
  connection.subscribe(() => {
    if (connection.get().state === 'LIVE') isNewLine = true;
  });
  client.subscription(MachineChangesDocument, {}).subscribe(() => freshness.mark(['machines']));
  client.subscription(ServiceChangesDocument, {}).subscribe(({ data }) => {
    if (data) answers.put(ServiceDocument, {}, { __typename: 'Query', service: data.serviceChanges });
    // The first that comes on a line says how things stand: by then what was subscribed to before it is heard as well.
    if (!isNewLine) return;
    isNewLine = false;
    setTimeout(() => void compare(), laterMs);
  });

  /** Asks again about machines if the server lists them otherwise than this page does. */
  async function compare(): Promise<void> {
    const known = answers.peek(MachinesDocument, {});
    if (!known) return;
    const { data } = await client.query(MachinesDocument, {}, { requestPolicy: 'network-only' });
    if (data && JSON.stringify(data) !== JSON.stringify(known)) freshness.mark(['machines']);
  }
}
