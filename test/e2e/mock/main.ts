import { serve } from './server.ts';
import { World, type WorldOptions } from './world.ts';

// The mock as a process of its own: options in the first argument, the port as a message; it ends with its parent.
const { port } = await serve(new World(JSON.parse(process.argv[2] ?? '{}') as WorldOptions));
process.send?.(port);
process.on('disconnect', () => process.exit());
