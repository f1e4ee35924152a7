import { once } from 'node:events';
import { createCluster } from '../../../src/heaps/kubernetes/cluster.ts';
import { createKubernetesTargets } from '../../../src/heaps/kubernetes/kubernetes-targets.ts';
import { runBeside, startLeakingService } from '../leaking-service.ts';
import { type FakeApiServer, type FakeContainer, startApiServer } from './api-server.ts';

/** A cluster whose containers are processes of this machine in namespaces of their own. */
export async function openKubernetesBench(protocols?: readonly string[]) {
  const server = await startApiServer(protocols === undefined ? {} : { protocols });
  const cluster = createCluster({ config: { file: server.kubeconfig, context: null }, namespace: null });
  return {
    server,
    cluster,
    targets: createKubernetesTargets(cluster),
    start: (...options: StartOptions) => startPod(server, ...options),
  };
}

type StartOptions = [name: string, flags?: readonly string[], more?: readonly FakeContainer[]];

/** A pod of the namespace `shop` with a leaking service in its container `app`. */
export async function startPod(server: FakeApiServer, ...[name, flags = [], more = []]: StartOptions) {
  const service = await startLeakingService({ name: `leaky-${name}`, flags, isolated: true });
  const container: FakeContainer = {
    name: 'app',
    id: `containerd://${service.pid}`,
    restarts: 0,
    running: true,
    run: (command) => runBeside(service.pid, command),
  };
  server.pods.push({ namespace: 'shop', name, labels: { app: name }, containers: [container, ...more] });
  return {
    reference: `kubernetes:shop/${name}/app`,
    pid: service.pid,
    filter: { namespace: 'shop', selector: `app=${name}` },
    container,
    say: (line: string) => service.say(line),
    async kill() {
      const gone = once(service.process, 'exit');
      process.kill(service.pid, 'SIGKILL');
      await gone;
      container.running = false;
    },
    written: async () => [],
  };
}
