import { onTestFinished } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createDemoHypervisor } from '../../src/machines/demo/demo-hypervisor.ts';
import { demoFleet } from '../../src/machines/demo/demo-machine.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { ask } from './graphql-client.ts';
import { FakeLog } from './open-server.ts';

const smallFleet = demoFleet.map((spec) => ({ ...spec, memoryBytes: 4 << 20 }));

/** The real app, as its composition root puts it together, on tiny simulated machines; closed when the test is over. */
export async function startFleetServer(variables: Record<string, string> = {}, folder = temporaryFolder()) {
  const hypervisor = createDemoHypervisor({ speedBytesPerSec: null, machines: smallFleet });
  const config = readConfig({ PORT: '0', DATA_DIR: folder, ...variables });
  const log = new FakeLog();
  const app = await createApp(config, { hypervisor, log });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= app.close();
    return closing;
  };
  onTestFinished(close);
  const { url } = await app.listen();

  // biome-ignore lint/suspicious/noExplicitAny: tests read what they asked for.
  async function query(document: string, values: Record<string, unknown> = {}, headers = {}): Promise<any> {
    const { data, errors } = await ask(url, document, values, headers);
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }
  return {
    url,
    folder,
    log,
    query,
    close,
    /** Runs a mutation that starts one operation, and waits for that one's end. */
    async run(mutation: string, headers = {}) {
      const { started } = await query(
        `mutation { started: ${mutation} { operation { id } errors { code message } } }`,
        {},
        headers,
      );
      if (started.operation === null) throw new Error(JSON.stringify(started.errors));
      return app.services.operations.settled(started.operation.id);
    },
    /** Triggers a dump and waits for its end; answers its id. */
    async dump(vm: string): Promise<string> {
      const trigger =
        'mutation ($vms: [String!]) { triggerDumps(input: { vms: $vms }) { accepted { id } rejected { message } } }';
      const { triggerDumps } = await query(trigger, { vms: [vm] });
      const [accepted] = triggerDumps.accepted;
      if (accepted === undefined) throw new Error(JSON.stringify(triggerDumps.rejected));
      const ended = await app.services.operations.settled(accepted.id);
      if (ended.state !== 'COMPLETED') throw new Error(`${ended.state}: ${ended.error?.message}`);
      return accepted.id;
    },
    /** The value of a metric without labels; undefined if there is none. */
    async metric(name: string): Promise<number | undefined> {
      const text = await (await fetch(`${url}/metrics`)).text();
      const value = new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1];
      return value === undefined ? undefined : Number(value);
    },
  };
}
