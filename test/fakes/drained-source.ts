import type { Json } from '../../src/domain/json.ts';
import { openSource } from '../../src/machines/libvirt/snapshot/drained-snapshot-source.ts';

// A server that has opened the source of a drained snapshot, and reads nothing: for tests that end it.

await openSource(JSON.parse(process.argv[2] as string) as Json);
process.stdout.write('open\n');
setInterval(() => undefined, 1000);
