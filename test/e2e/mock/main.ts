import { serve } from './server.ts';
import { World, type WorldOptions } from './world.ts';

// The mock as a process of its own: options in the first argument, orders by messages, the port as the answer to each.
const world = new World(JSON.parse(process.argv[2] ?? '{}') as WorldOptions);
let server = await serve(world, Number(process.argv[3] ?? 0));
const { port } = server;
process.send?.(port);
process.on('disconnect', () => process.exit());
process.on('message', async (order: 'DOWN' | 'UP') => {
  if (order === 'DOWN') await server.close();
  else server = await serve(world, port);
  process.send?.(port);
});
