import { openVolumeServer } from './volume-server.ts';

/**
 * A process that does things to one volume, and ends itself with SIGKILL when it has reached a step: `volume-child.ts FOLDER STEP`.
 * It prints each step that it reached. Without a step it only recovers, reconciles, and prints what there is then.
 */
const [folder = '', step = ''] = process.argv.slice(2);
/** Whether there is a storage daemon to export with. */
const exporting = process.env.VOLUME_CHILD_EXPORTS === '1';
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const server = await openVolumeServer(folder, {
  reached(reached) {
    say(`STEP ${reached}`);
    if (reached === step) process.kill(process.pid, 'SIGKILL');
  },
});
const { volumes, operations, disks, names, ended, exports, daemon } = server;
const caller = { actor: 'child' };

for (const { id } of (await operations.page({ states: ['QUEUED', 'RUNNING'], limit: 100 })).operations)
  await operations.settled(id);
if (step !== '') {
  const placement = { zone: null, offering: null };
  await ended(volumes.create({ name: 'data', sizeBytes: 2 ** 20, placement }, caller));
  await ended(volumes.attach('data', 'db01', caller));
  await ended(volumes.resize('data', 2 ** 21, caller));
  if (exporting) {
    await ended(volumes.addExport('data', false, caller));
    await ended(volumes.removeExport('data', caller));
  }
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
      exports: [...(await exports.list())],
      nodes: await (await daemon.running())?.execute('query-named-block-nodes', { flat: true }),
      operations: all.map(({ kind, state }) => ({ kind, state })).toReversed(),
    })}`,
  );
}
await server.close();
