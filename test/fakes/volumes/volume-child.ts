import { openVolumeServer } from './volume-server.ts';

/**
 * A process that does things to one volume, and ends itself with SIGKILL when it has reached a step: `volume-child.ts FOLDER STEP COUNT`.
 * It prints each step that it reached. Without a step it only recovers, reconciles, and prints what there is then.
 */
const [folder = '', step = '', count = '1'] = process.argv.slice(2);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
let left = Number(count);

const server = await openVolumeServer(folder, {
  reached(reached) {
    say(`STEP ${reached}`);
    if (reached === step && --left === 0) process.kill(process.pid, 'SIGKILL');
  },
});
const { volumes, operations, disks, names, ended } = server;
const caller = { actor: 'child' };

for (const { id } of (await operations.page({ states: ['QUEUED', 'RUNNING'], limit: 100 })).operations)
  await operations.settled(id);
if (step !== '') {
  const placement = { zone: null, offering: null };
  await ended(volumes.create({ name: 'data', sizeBytes: 2 ** 20, placement }, caller));
  await ended(volumes.attach('data', 'db01', caller));
  await ended(volumes.resize('data', 2 ** 21, caller));
  await ended(volumes.detach('data', null, caller));
  await ended(volumes.remove('data', caller));
} else {
  const report = await volumes.reconcile();
  const { operations: all } = await operations.page({ limit: 100 });
  say(
    `STATE ${JSON.stringify({
      report,
      volumes: await volumes.list(),
      disks: await disks.all(),
      names: [...(await names.list())],
      operations: all.map(({ kind, state }) => ({ kind, state })).toReversed(),
    })}`,
  );
}
await server.close();
