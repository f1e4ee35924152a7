import { hypervisorSuite } from '../../contracts/hypervisor.ts';
import { CaptureBench } from '../../fakes/libvirt/capture-bench.ts';

hypervisorSuite('libvirt, before a fake daemon', async () => {
  const bench = await CaptureBench.start();
  const [running, paused, off] = [
    bench.guests.add('runs'),
    bench.guests.add('rests', { paused: true }),
    bench.guests.add('off', { off: true }),
  ];
  const guestOf = (name: string) => [running, paused, off].find(({ ref }) => ref.name === name) ?? running;
  return {
    hypervisor: await bench.hypervisor(),
    running: 'runs',
    paused: 'rests',
    off: 'off',
    pause: async (name) => guestOf(name).suspend(),
    resume: async (name) => guestOf(name).resume(),
    dispose: async () => {
      const { harm, left } = { harm: bench.guests.harm, left: bench.left };
      await bench.close();
      if (harm.length + left.length > 0) throw new Error([...harm, ...left].join('; '));
    },
  };
});
