import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorShape } from '../../../domain/memoir-error.ts';
import { connect } from '../../../libvirt/connect.ts';
import type { ConnectOptions } from '../../../libvirt/connection-options.ts';
import type { VolumeRef } from '../../../libvirt/protocol/handles.ts';
import { toFailure } from '../failure.ts';

/** What the thread is started with: plain data. */
export interface PumpJob {
  readonly uri: string;
  readonly options: ConnectOptions;
  readonly volume: VolumeRef;
  readonly to: string;
}

// Carries one volume into one FIFO and says how it went: null, or the failure. Started by volume-pump.ts only.

if (parentPort !== null) {
  const { uri, options, volume, to }: PumpJob = workerData;
  try {
    await using connection = await connect(uri, options);
    // The FIFO has its reader already, so opening it does not wait; and no write of ours blocks a thread of libuv's pool.
    const descriptor = openSync(to, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const fifo = new Socket({ fd: descriptor, readable: false, writable: true });
    await pipeline(await connection.download(volume), fifo);
    parentPort.postMessage(null);
  } catch (error) {
    parentPort.postMessage(toErrorShape(toFailure(error, 'fetching the dump from the hypervisor’s host')));
  }
}
