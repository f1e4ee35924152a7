import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest, longest first: with real guests and browsers, then without. Only the order depends on it. */
const longest = [
  'integration/machines/litmus',
  'integration/machines/equality',
  'e2e/accessibility',
  'integration/server-killed',
  'e2e/states',
  'integration/machines/faults',
  'e2e/widths',
  'integration/machines/server-killed',
  'integration/machines/contract',
  'integration/machines/remote-server',
  'integration/telemetry',
  'e2e/operators-day',
  'heaps/podman-targets',
  'heaps/kubernetes/kubernetes-targets',
  'heaps/process-targets',
  'heaps/process-capture',
  'cli/memwatch',
  'integration/start',
  'heaps/kubernetes/cluster-faults',
  'readme',
  'integration/crash',
  'backup',
  'integration/influx-server',
  'records/influx',
  'integration/clock',
  'dumps/dump',
  'cli/dump-commands',
  'cli/json-shapes',
  'http/subscriptions',
  'heaps/tight-memory',
  'schedules/heap-pairs',
  'notifications/webhooks',
  'records/fleet-records',
  'records/influx-sync',
  'retention/killed',
  'cli/heap-pods',
  'cli/heap-demo',
  'security/slow-reader',
  'examples/monitors',
  'integration/influx-outage',
  'integration/reindex',
];

/** Starts the longest files first, so that none of them is what a worker is left with at the end; components before them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      // Their worker has a page around it and can take nothing else: it is replaced while there is little in it to lose.
      if (moduleId.endsWith('.tsx')) return -1;
      const at = longest.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return at < 0 ? longest.length : at;
    };
    // The others stay as they are: by what they took last time, or by their size in a fresh clone.
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
