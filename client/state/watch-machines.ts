import type { Client } from '@urql/core';
import { MachineChangesDocument, MachinesDocument, ServiceChangesDocument } from '../api/generated/graphql.ts';
import { connection } from './connection.ts';
import { freshness } from './freshness.ts';

/** So long after the line is up the list is looked at: when whatever was being asked for has been answered. */
const laterMs = 1000;

/**
 * Machines and the service as they change. Unlike events, changes of machines have no cursor: what happened between the answer
 * and the beginning of the subscription is told by nobody. So once on every new line the list is compared with the server's.
 */
export function watchMachines(client: Client): void {
  let isNewLine = connection.get().state === 'LIVE';
  connection.subscribe(() => {
    if (connection.get().state === 'LIVE') isNewLine = true;
  });
  client.subscription(MachineChangesDocument, {}).subscribe(() => freshness.mark(['machines']));
  client.subscription(ServiceChangesDocument, {}).subscribe(() => {
    // The first that comes on a line says how things stand: by then what was subscribed to before it is heard as well.
    if (!isNewLine) return;
    isNewLine = false;
    setTimeout(() => void compare(client), laterMs);
  });
}

/** Asks again about machines if the server lists them otherwise than this page does. */
async function compare(client: Client): Promise<void> {
  const known = client.readQuery(MachinesDocument, {})?.data;
  if (!known) return;
  const { data } = await client.query(MachinesDocument, {}, { requestPolicy: 'network-only' });
  if (data && JSON.stringify(data) !== JSON.stringify(known)) freshness.mark(['machines']);
}
