import { openSource } from '../../src/machines/libvirt/snapshot/drained-snapshot-source.ts';

// A server that has opened the source of a drained snapshot, and reads nothing: for tests that end it.

await openSource(JSON.parse(process.argv[2] ?? ''));
process.stdout.write('open\n');
setInterval(() => undefined, 1000);
