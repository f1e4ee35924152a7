import { onTestFinished } from 'vitest';
import { connect } from '../../../src/libvirt/connect.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import type { ConnectOptions } from '../../../src/libvirt/connection-options.ts';
import { FakeLibvirtd, type FakeOptions } from './fake-libvirtd.ts';

/** A fake daemon for one test, gone when the test is over. */
export async function fakeDaemon(options: FakeOptions = {}): Promise<FakeLibvirtd> {
  const fake = await FakeLibvirtd.start(options);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  return fake;
}

/** A connection to a fake daemon for one test, both gone when it is over. */
export async function connectedPair(options: ConnectOptions = {}): Promise<[Connection, FakeLibvirtd]> {
  const fake = await fakeDaemon();
  const connection = await connect(fake.uri, options);
  onTestFinished(() => connection.close());
  return [connection, fake];
}
