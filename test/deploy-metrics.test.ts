import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startServer } from './server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

const read = (name: string) => readFileSync(new URL(`../deploy/${name}`, import.meta.url), 'utf8');

/** What a query names: metrics, and the values that it wants labels to have. */
function namesOf(query: string) {
  const metrics = [...query.matchAll(/\b(?:memoir|process)_[a-z_]+/g)].map(([name]) => name);
  const labels = [...query.matchAll(/\b([a-z]+)=~?"([^"$]*)"/g)].map(([, name, value]) => `${name}="${value}"`);
  return { metrics, labels: labels.filter((one) => !one.startsWith('job=')) };
}

describe('what watches a server', () => {
  const rules = [...read('prometheus-rules.yml').matchAll(/^ +expr: (.*)$/gm)].map(
    ([, expression]) => expression as string,
  );
  const dashboard = JSON.parse(read('grafana-dashboard.json')) as {
    panels: { id: number; title: string; targets: { expr: string }[] }[];
  };
  const panels = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

  it('asks for metrics and labels that there are', async () => {
    // With an InfluxDB that does not answer: its metrics are there all the same.
    const server = await startServer(temporaryFolder(), { INFLUX_URL: 'http://127.0.0.1:9' });
    const operation = await server.query('mutation { triggerDumps(input: { vms: ["web-01"] }) { accepted { id } } }');
    expect(operation.triggerDumps.accepted).toHaveLength(1);
    const exposed = await (await fetch(new URL('/metrics', server.url))).text();
    const known = new Set([...exposed.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    expect(rules.length + panels.length).toBeGreaterThan(15);
    const unknown = [...rules, ...panels].flatMap((query) => namesOf(query).metrics.filter((name) => !known.has(name)));
    expect(unknown).toEqual([]);
    // A state may have no operation at the moment; the kind has.
    const labels = [...rules, ...panels]
      .flatMap((query) => namesOf(query).labels)
      .filter((one) => !one.startsWith('state='));
    expect(labels.filter((label) => !exposed.includes(label))).toEqual([]);
  });

  it('tells for every alert what to do', () => {
    const text = read('prometheus-rules.yml');
    const count = (pattern: RegExp) => [...text.matchAll(pattern)].length;
    expect(count(/- alert: /g)).toBe(rules.length);
    expect(count(/^ +action: /gm)).toBe(rules.length);
    expect(count(/^ +summary: /gm)).toBe(rules.length);
  });

  it('has panels that are told apart', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    expect(new Set(dashboard.panels.map(({ title }) => title)).size).toBe(dashboard.panels.length);
  });
});
