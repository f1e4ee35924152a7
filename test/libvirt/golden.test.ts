import { describe, expect, it } from 'vitest';
import { LibvirtError } from '../../src/libvirt/error.ts';
import { decodeError } from '../../src/libvirt/protocol/error-body.ts';
import { events } from '../../src/libvirt/protocol/events.ts';
import { messageStatus, messageType } from '../../src/libvirt/protocol/header.ts';
import { decodeBody, encodeMessage } from '../../src/libvirt/protocol/message.ts';
import type { Procedure } from '../../src/libvirt/protocol/procedure.ts';
import { type ProcedureName, procedures } from '../../src/libvirt/protocol/procedures.ts';
import { decodeHole } from '../../src/libvirt/protocol/stream-hole.ts';
import { type Frame, FrameReader } from '../../src/libvirt/rpc/frame-reader.ts';

// Origin of the bytes: captured between virsh-like probes and libvirtd 9.0.0 (Debian 12, QEMU 7.2) on a unix socket.

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
}

function frameOf(hex: string): Frame {
  const frames: Frame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  reader.push(bytes(hex));
  expect(frames).toHaveLength(1);
  expect(reader.midway).toBe(false);
  return frames[0] as Frame;
}

function callBytes(name: ProcedureName, serial: number, args: unknown): string {
  const procedure: Procedure = procedures[name];
  const header = { program: procedure.program, procedure: procedure.number, type: messageType.call, serial };
  return encodeMessage({ ...header, status: messageStatus.ok }, procedure.args, args).toString('hex');
}

function replyOf(name: ProcedureName, hex: string): unknown {
  const frame = frameOf(hex);
  const procedure: Procedure = procedures[name];
  expect(frame.header).toMatchObject({
    program: procedure.program,
    procedure: procedure.number,
    type: messageType.reply,
  });
  return decodeBody(frame.body, procedure.reply);
}

const machine = { name: 'tcg-01', uuid: '9692bd0d-a89c-4e30-9b31-0057a03b2a5c', id: 4 };

describe('calls are the bytes that libvirtd was seen to accept', () => {
  it.each<[ProcedureName, number, unknown, string]>([
    ['authList', 1, {}, '0000001c 20008086 00000001 00000042 00000000 00000001 00000000'],
    [
      'connectOpen',
      3,
      { name: 'qemu:///system', flags: 0 },
      '00000038 20008086 00000001 00000001 00000000 00000003 00000000 00000001 0000000e 71656d753a2f2f2f73797374656d0000 00000000',
    ],
    [
      'domainLookupByName',
      0x11,
      { name: 'tcg-01' },
      '00000028 20008086 00000001 00000017 00000000 00000011 00000000 00000006 7463672d30310000',
    ],
    [
      'domainQemuMonitorCommand',
      0x1f,
      { domain: machine, command: '{"execute":"query-status"}', flags: 0 },
      `00000060 20008087 00000001 00000001 00000000 0000001f 00000000 00000006 7463672d30310000 9692bd0da89c4e309b310057a03b2a5c 00000004
       0000001a 7b2265786563757465223a2271756572792d737461747573227d0000 00000000`,
    ],
  ])('%s', (name, serial, args, hex) => {
    expect(callBytes(name, serial, args)).toBe(bytes(hex).toString('hex'));
  });
});

// Origin of the bytes: captured between virsh and libvirtd 11.3.0 (Debian 12 backports, QEMU 10.0.2) on a unix socket.
describe('calls about volumes are the bytes that libvirtd was seen to accept from virsh', () => {
  const guest = { name: 'tcg-01', uuid: '200b6478-e9e0-4513-a406-577327e8113a', id: 1 };
  const domain = '00000006 7463672d30310000 200b6478e9e04513a406577327e8113a 00000001';
  it.each<[ProcedureName, number, unknown, string]>([
    [
      'storageVolResize',
      0xa,
      { volume: { pool: 'p', name: 'v', key: '/tmp/p1/v' }, capacityBytes: 16n << 20n, flags: 0 },
      `00000048 20008086 00000001 00000104 00000000 0000000a 00000000 00000001 70000000 00000001 76000000
       00000009 2f746d702f70312f76000000 0000000001000000 00000000`,
    ],
    [
      'domainBlockResize',
      7,
      { domain: guest, disk: 'vdb', size: 32n << 10n, flags: 0 },
      `00000050 20008086 00000001 000000fb 00000000 00000007 00000000 ${domain} 00000003 76646200 0000000000008000 00000000`,
    ],
    [
      'domainDetachDeviceAlias',
      7,
      { domain: guest, alias: 'ua-0f1e2d3c-4b5a-4968-8776-655443322110', flags: 1 },
      `0000006c 20008086 00000001 00000188 00000000 00000007 00000000 ${domain} 00000027
       75612d30663165326433632d346235612d343936382d383737362d36353534343333323231313000 00000001`,
    ],
  ])('%s', (name, serial, args, hex) => {
    expect(callBytes(name, serial, args)).toBe(bytes(hex).toString('hex'));
  });
});

describe('replies are read as libvirtd sent them', () => {
  it('AUTH_LIST: none is required', () => {
    expect(
      replyOf('authList', '00000024 20008086 00000001 00000042 00000001 00000001 00000000 00000001 00000000'),
    ).toEqual([0]);
  });

  it('CONNECT_OPEN: nothing', () => {
    expect(replyOf('connectOpen', '0000001c 20008086 00000001 00000001 00000001 00000003 00000000')).toBe(undefined);
  });

  it('DOMAIN_LOOKUP_BY_NAME: a domain', () => {
    const hex = `0000003c 20008086 00000001 00000017 00000001 00000011 00000000 00000006 7463672d30310000
      9692bd0da89c4e309b310057a03b2a5c 00000004`;
    expect(replyOf('domainLookupByName', hex)).toEqual(machine);
  });

  it('DOMAIN_GET_INFO: state, memory, CPUs and time', () => {
    const hex = `0000003c 20008086 00000001 00000010 00000001 00000014 00000000 00000001 0000000000100000
      0000000000100000 00000001 0000000e9a674000`;
    const info = { state: 1, maxMemoryKib: 1048576n, memoryKib: 1048576n, vcpus: 1, cpuTimeNs: 0xe9a674000n };
    expect(replyOf('domainGetInfo', hex)).toEqual(info);
  });

  it('DOMAIN_GET_STATE: running, since it was unpaused', () => {
    const hex = '00000024 20008086 00000001 000000d4 00000001 00000015 00000000 00000001 00000005';
    expect(replyOf('domainGetState', hex)).toEqual({ state: 1, reason: 5 });
  });

  it('an error, field by field: procedure 999 is unknown', () => {
    const { header, body } = frameOf(`00000088 20008086 00000001 000003e7 00000001 0000001e 00000001 00000027 00000007
      00000001 00000016 756e6b6e6f776e2070726f6365647572653a203939390000 00000002 00000000 00000001 00000002 25730000
      00000001 00000016 756e6b6e6f776e2070726f6365647572653a203939390000 00000000 ffffffff ffffffff 00000000`);
    expect(header).toEqual({ program: 0x20008086, procedure: 999, type: 1, serial: 30, status: 1 });
    const error = decodeError(body);
    expect(error).toBeInstanceOf(LibvirtError);
    expect(error).toMatchObject({
      code: 'RPC',
      number: 39,
      domain: 7,
      level: 2,
      int1: -1,
      text: 'unknown procedure: 999',
      errno: undefined,
    });
  });

  it('a lifecycle event: suspended', () => {
    const { header, body } = frameOf(`0000004c 20008086 00000001 0000013e 00000002 00000001 00000000 00000041 00000009
      6c69746d75732d3031000000 6888a4bb89ea411c8ccd2b9e2e01af78 00000005 00000003 00000000`);
    expect(header.procedure).toBe(events.lifecycle.number);
    expect(body.readInt32BE(0)).toBe(0x41);
    expect(decodeBody(body.subarray(4), events.lifecycle.body)).toEqual({
      domain: { name: 'litmus-01', uuid: '6888a4bb-89ea-411c-8ccd-2b9e2e01af78', id: 5 },
      event: 3,
      detail: 0,
    });
  });

  it('a hole in a sparse download', () => {
    const { header, body } = frameOf(
      '00000028 20008086 00000001 000000d1 00000006 0000000b 00000002 0000000002eba080 00000000',
    );
    expect(header).toMatchObject({ type: messageType.streamHole, status: messageStatus.continue, serial: 11 });
    expect(decodeHole(body)).toBe(0x2eba080n);
  });
});
