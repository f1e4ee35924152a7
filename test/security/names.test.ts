import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { machineSubject } from '../../src/dumps/dumps.ts';
import { anyText } from '../contracts/any-text.ts';
import { hostileNames, sampleRecord } from '../contracts/sample-records.ts';
import { memoir } from '../fakes/command-line.ts';
import { ask, follow, next } from '../fakes/graphql-client.ts';
import { machine } from '../fakes/machines.ts';
import { startTestServer } from '../fakes/server.ts';

// Fault 24: a machine's name is whatever someone called it. It comes back as it was, and nothing else is done with it.

describe('hostile names', () => {
  it('make the round through trigger, events, progress, records, REST and the command line', async () => {
    const machines = hostileNames.map((name, index) => machine(index, { name }));
    const server = await startTestServer({ machines, parallel: 100 });
    const { url } = server;
    const trigger =
      'mutation($vms: [String!]) { triggerDumps(input: { vms: $vms }) { accepted { id vmName vm { name } } rejected { vm code } } }';
    const { accepted, rejected } = (await ask(url, trigger, { vms: [...hostileNames] })).data.triggerDumps;
    expect(rejected).toEqual([]);
    expect(accepted.map(({ vmName }: { vmName: string }) => vmName)).toEqual([...hostileNames]);
    expect(accepted.map(({ vm }: { vm: { name: string } }) => vm.name)).toEqual([...hostileNames]);

    for (const [index, name] of hostileNames.entries()) {
      const one = await ask(
        url,
        'query($name: String!) { vm(name: $name) { name id } dumps(vm: $name) { nodes { vmName } } }',
        { name },
      );
      expect(one.data).toMatchObject({ vm: { name, id: machines[index]?.id }, dumps: { nodes: [{ vmName: name }] } });
      const stream = follow(url, 'subscription($vms: [String!]) { dumpProgress(vms: $vms) { vmName } }', {
        vms: [name],
      });
      expect((await next(stream)).data.dumpProgress.vmName).toBe(name);
      await server.records.append(sampleRecord(index, { dom: name }));
      const found = await ask(url, 'query($vms: [String!]) { dumpRecords(filter: { vms: $vms }) { nodes { dom } } }', {
        vms: [name],
      });
      expect(found.data.dumpRecords.nodes).toEqual([{ dom: name }]);
    }
    const { data } = await ask(url, '{ operations(first: 100) { nodes { subject } } }');
    const subjects = data.operations.nodes.map(({ subject }: { subject: string }) => subject).sort();
    expect(subjects).toEqual(machines.map(({ id }) => machineSubject(id)).sort());

    const status = (await (await fetch(`${url}/api/memory-dumps/status`)).json()) as {
      active_dumps: Record<string, object>;
    };
    expect(Object.keys(status.active_dumps).sort()).toEqual([...hostileNames].sort());
    const listed = await memoir(url, ['records', '--csv']);
    expect(listed.code).toBe(0);
    const shown = (await memoir(url, ['vms'])).out + (await memoir(url, ['records', '--csv'], { terminal: true })).out;
    for (const sign of ['\u001b', '\u202e', '\0']) expect(shown).not.toContain(sign);
  });

  it('that nobody has are refused in words without them doing anything', async () => {
    const { url } = await startTestServer();
    await fc.assert(
      fc.asyncProperty(anyText({ minLength: 1, maxLength: 100 }), async (name) => {
        const { data, errors } = await ask(url, 'query($name: String!) { vm(name: $name) { id } }', { name });
        expect(errors ?? data.vm).toBeNull();
        const rest = await fetch(`${url}/api/memory-dumps/status/${encodeURIComponent(name.toWellFormed())}`);
        expect([400, 404]).toContain(rest.status);
        const text = await rest.text();
        // As JSON escapes it: what is shown is text.
        expect(text).not.toContain('\u001b');
        expect(rest.headers.get('content-type')).toContain('application/json');
      }),
      { numRuns: 50 },
    );
  });
});
