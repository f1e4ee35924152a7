import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../../temporary-folder.ts';
import { startCloudstack } from './cloudstack.ts';
import { bindLoop, releaseLoop } from './loop-device.ts';

/** The machine that this host is, in the cloud's words. */
export const cloudMachine = '22222222-0000-4000-8000-000000000001';

/** A cloud whose volumes are loop devices of this host while they are attached, without a serial, as VMware has them; and the variables of a server that uses it. */
export async function startLoopCloud() {
  const files = temporaryFolder();
  const bound = new Map<string, string>();
  const device = {
    async attach(id: string, sizeBytes: number) {
      const file = join(files, id);
      await writeFile(file, '', { flag: 'a' });
      await truncate(file, sizeBytes);
      bound.set(id, await bindLoop(file));
    },
    async detach(id: string) {
      await releaseLoop(bound.get(id) as string);
      bound.delete(id);
    },
  };
  // A size that no other test's device has: without serials it is what a new device is known by.
  const roundsUpBy = 512 * Math.floor(Math.random() * 100_000);
  const cloud = await startCloudstack([cloudMachine], { polls: 0, hypervisor: 'VMware', device, roundsUpBy });
  onTestFinished(async () => {
    await cloud.close();
    for (const name of bound.values()) await releaseLoop(name).catch(() => undefined);
  });
  const variables = {
    CLOUDSTACK_URL: cloud.url,
    CLOUDSTACK_API_KEY: cloud.apiKey,
    CLOUDSTACK_SECRET_KEY: cloud.secretKey,
    CLOUDSTACK_ZONE: 'zone',
    CLOUDSTACK_OFFERING: 'offering',
    VOLUME_MACHINE: cloudMachine,
  };
  return { ...cloud, variables };
}
