import { describe, expect, it } from 'vitest';
import { DomainRecords } from '../../../src/machines/libvirt/inventory/domain-records.ts';
import { measureDomains } from '../../../src/machines/libvirt/inventory/measurement.ts';
import { parametersOf } from '../../fakes/libvirt/parameters.ts';
import { ScriptedLinks } from '../../fakes/libvirt/scripted-links.ts';
import { machineId } from '../../fakes/machines.ts';

/** A reading of domains with those figures, numbered from 1; a domain that is off has the number -1. */
async function reading(...domains: (Record<string, number | string> & { number?: never })[]) {
  const links = new ScriptedLinks();
  links.answers = {
    connectGetAllDomainStats: () =>
      domains.map((values, index) => ({
        domain: { name: `vm-${index + 1}`, uuid: machineId(index + 1), id: 'off' in values ? -1 : index + 1 },
        parameters: parametersOf(values),
      })),
  };
  const measured = await measureDomains(new DomainRecords(links.control, links.silent), () => 1_795_000_000_000);
  return { measured, asked: links.asked };
}

const one = async (values: Record<string, number>) => (await reading(values)).measured[0];

describe('a measurement', () => {
  it('has every counter that libvirt tells, in bytes, of one moment', async () => {
    const { measured } = await reading({
      'state.state': 1,
      'state.reason': 5,
      'cpu.time': 123_456_789,
      'vcpu.current': 4,
      'balloon.maximum': 2_048,
      'balloon.available': 2_000,
      'balloon.usable': 500,
      'balloon.unused': 100,
      'balloon.rss': 1_024,
      'block.count': 2,
      'block.0.rd.bytes': 10,
      'block.0.wr.bytes': 1,
      'block.1.rd.bytes': 20,
      'block.1.wr.bytes': 2,
      'net.count': 1,
      'net.0.rx.bytes': 7,
      'net.0.tx.bytes': 8,
    });
    expect(measured).toEqual([
      {
        machineId: machineId(1),
        name: 'vm-1',
        vmid: '1',
        state: 'RUNNING',
        atMs: 1_795_000_000_000,
        cpuTimeNs: 123_456_789,
        vcpus: 4,
        memoryBytes: 2_048 * 1_024,
        memoryUsedBytes: 1_500 * 1_024,
        memoryRssBytes: 1_024 * 1_024,
        blockReadBytes: 30,
        blockWriteBytes: 3,
        networkReceiveBytes: 7,
        networkTransmitBytes: 8,
      },
    ]);
  });

  it('has nothing of what libvirt does not tell', async () => {
    expect(await one({})).toMatchObject({
      state: 'UNKNOWN',
      cpuTimeNs: null,
      vcpus: null,
      memoryBytes: null,
      memoryUsedBytes: null,
      memoryRssBytes: null,
      blockReadBytes: null,
      networkReceiveBytes: null,
    });
  });

  it('is asked for in one call, of the machines that are on, without waiting for any', async () => {
    const { measured, asked } = await reading({ 'state.state': 1 }, { 'state.state': 5, off: 1 }, { 'state.state': 3 });
    expect(measured.map(({ name, state }) => [name, state])).toEqual([
      ['vm-1', 'RUNNING'],
      ['vm-3', 'PAUSED'],
    ]);
    // virDomainStatsTypes: state, CPU, balloon, vCPUs, interfaces and disks; only active ones, and nothing that waits.
    expect(asked).toEqual([
      {
        link: 'control',
        name: 'connectGetAllDomainStats',
        args: { domains: [], stats: 1 + 2 + 4 + 8 + 16 + 32, flags: 1 + 2 ** 29 },
      },
    ]);
  });
});

describe('the memory that a guest uses', () => {
  it('is by what is free where its driver does not tell what could be had', async () => {
    expect(await one({ 'balloon.available': 100, 'balloon.unused': 30 })).toMatchObject({
      memoryUsedBytes: 70 * 1_024,
    });
  });

  it('is not known without either figure, and never less than nothing', async () => {
    expect(await one({ 'balloon.available': 100 })).toMatchObject({ memoryUsedBytes: null });
    expect(await one({ 'balloon.usable': 100 })).toMatchObject({ memoryUsedBytes: null });
    expect(await one({ 'balloon.available': 100, 'balloon.usable': 101 })).toMatchObject({ memoryUsedBytes: 0 });
    expect(await one({ 'balloon.available': 100, 'balloon.usable': 100 })).toMatchObject({ memoryUsedBytes: 0 });
  });
});

describe('a sum over devices', () => {
  it('is of those that have the counter', async () => {
    expect(await one({ 'block.count': 2, 'block.1.rd.bytes': 5 })).toMatchObject({
      blockReadBytes: 5,
      blockWriteBytes: null,
    });
    expect(await one({ 'block.count': 1 })).toMatchObject({ blockReadBytes: null });
  });

  it('is nothing where there are no devices, and not known where they are not counted', async () => {
    expect(await one({ 'block.count': 0, 'net.count': 0 })).toMatchObject({
      blockReadBytes: 0,
      blockWriteBytes: 0,
      networkReceiveBytes: 0,
      networkTransmitBytes: 0,
    });
    expect(await one({ 'block.0.rd.bytes': 5, 'block.count': 1, 'net.0.rx.bytes': 5 })).toMatchObject({
      blockReadBytes: 5,
      networkReceiveBytes: null,
    });
  });

  it('is of a device that has done nothing: zero, and known', async () => {
    expect(await one({ 'block.count': 1, 'block.0.rd.bytes': 0 })).toMatchObject({ blockReadBytes: 0 });
  });
});
