import { charArray, opaque } from '../xdr/bytes.ts';
import { array, optional, struct } from '../xdr/compound.ts';
import { int, nothing, unsignedHyper, unsignedInt } from '../xdr/scalars.ts';
import { domain, optionalString, pool, string, uuid, volume } from './handles.ts';
import { type Procedure, qemu, remote } from './procedure.ts';
import { limits } from './programs.ts';
import { typedParameters } from './typed-parameters.ts';

const flags = unsignedInt;
const long = { long: true } as const;
/** Lists take `need`: 1 for the items, 0 for their number alone. */
const need = int;

/**
 * The calls that this client knows: the one place to add another. Names are those of libvirt's C API without `vir`;
 * numbers and layouts are those of src/remote/{remote,qemu}_protocol.x, which libvirt never changes once released.
 * (The qemu program's 7, MONITOR_COMMAND_WITH_FILES, is missing because it must pass descriptors, which Node cannot.)
 */
export const procedures = {
  // Opening, in the order of use
  authList: remote(66, {}, array(int, limits.authTypes)),
  authPolkit: remote(70, {}, int, long),
  connectSupportsFeature: remote(60, { feature: int }, int),
  connectOpen: remote(1, { name: optionalString, flags }, nothing),
  connectClose: remote(2, {}, nothing),

  // The host
  connectGetType: remote(3, {}, string),
  connectGetVersion: remote(4, {}, unsignedHyper),
  connectGetLibVersion: remote(157, {}, unsignedHyper),
  connectGetHostname: remote(59, {}, string),
  connectGetUri: remote(110, {}, string),
  connectGetCapabilities: remote(7, {}, string),
  nodeGetInfo: remote(
    6,
    {},
    struct({
      model: charArray(32),
      memoryKib: unsignedHyper,
      cpus: int,
      mhz: int,
      nodes: int,
      sockets: int,
      cores: int,
      threads: int,
    }),
  ),
  nodeGetFreeMemory: remote(102, {}, unsignedHyper),

  // Domains: finding and asking
  connectListAllDomains: remote(
    273,
    { need, flags },
    struct({ domains: array(domain, limits.listItems), count: unsignedInt }),
  ),
  domainLookupById: remote(22, { id: int }, domain),
  domainLookupByName: remote(23, { name: string }, domain),
  domainLookupByUuid: remote(24, { uuid }, domain),
  domainGetInfo: remote(
    16,
    { domain },
    struct({
      state: unsignedInt,
      maxMemoryKib: unsignedHyper,
      memoryKib: unsignedHyper,
      vcpus: unsignedInt,
      cpuTimeNs: unsignedHyper,
    }),
  ),
  domainGetState: remote(212, { domain, flags }, struct({ state: int, reason: int })),
  domainGetXmlDesc: remote(14, { domain, flags }, string),
  /** Deprecations and taints, as sentences; since libvirt 7.1. */
  domainGetMessages: remote(426, { domain, flags }, array(string, limits.listItems)),
  domainGetMetadata: remote(265, { domain, type: int, uri: optionalString, flags }, string),
  domainGetBlockInfo: remote(
    194,
    { domain, path: string, flags },
    struct({ allocation: unsignedHyper, capacity: unsignedHyper, physical: unsignedHyper }),
  ),
  connectGetAllDomainStats: remote(
    344,
    { domains: array(domain, limits.listItems), stats: unsignedInt, flags },
    array(struct({ domain, parameters: typedParameters(limits.domainStats) }), limits.listItems),
  ),
  domainMemoryPeek: remote(
    104,
    { domain, address: unsignedHyper, size: unsignedInt, flags },
    opaque(limits.memoryPeekBytes),
  ),

  // Domains: changing
  domainCreateXml: remote(10, { xml: string, flags }, domain),
  domainDefineXmlFlags: remote(350, { xml: string, flags }, domain),
  domainUndefineFlags: remote(231, { domain, flags }, nothing),
  domainCreateWithFlags: remote(196, { domain, flags }, domain),
  domainSuspend: remote(34, { domain }, nothing),
  domainResume: remote(28, { domain }, nothing),
  domainReset: remote(245, { domain, flags }, nothing),
  domainShutdown: remote(33, { domain }, nothing),
  domainDestroy: remote(12, { domain }, nothing),
  domainAttachDeviceFlags: remote(160, { domain, xml: string, flags }, nothing),
  domainDetachDeviceFlags: remote(161, { domain, xml: string, flags }, nothing),
  domainDetachDeviceAlias: remote(392, { domain, alias: string, flags }, nothing),
  /** In KiB, unless the flags say bytes. */
  domainBlockResize: remote(251, { domain, disk: string, size: unsignedHyper, flags }, nothing, long),

  // Domains: dumps, and the jobs that carry them out
  domainCoreDump: remote(53, { domain, path: string, flags }, nothing, long),
  domainCoreDumpWithFormat: remote(334, { domain, path: string, format: unsignedInt, flags }, nothing, long),
  domainSave: remote(55, { domain, path: string }, nothing, long),
  domainGetJobInfo: remote(
    163,
    { domain },
    struct({
      type: int,
      timeElapsedMs: unsignedHyper,
      timeRemainingMs: unsignedHyper,
      dataTotal: unsignedHyper,
      dataProcessed: unsignedHyper,
      dataRemaining: unsignedHyper,
      memoryTotal: unsignedHyper,
      memoryProcessed: unsignedHyper,
      memoryRemaining: unsignedHyper,
      fileTotal: unsignedHyper,
      fileProcessed: unsignedHyper,
      fileRemaining: unsignedHyper,
    }),
  ),
  domainGetJobStats: remote(
    298,
    { domain, flags },
    struct({ type: int, parameters: typedParameters(limits.jobStats) }),
  ),
  domainAbortJob: remote(164, { domain }, nothing),
  domainAbortJobFlags: remote(442, { domain, flags }, nothing),

  // Storage pools
  connectListAllStoragePools: remote(
    281,
    { need, flags },
    struct({ pools: array(pool, limits.listItems), count: unsignedInt }),
  ),
  storagePoolLookupByName: remote(84, { name: string }, pool),
  storagePoolLookupByUuid: remote(85, { uuid }, pool),
  storagePoolLookupByVolume: remote(86, { volume }, pool),
  storagePoolCreateXml: remote(76, { xml: string, flags }, pool),
  storagePoolDestroy: remote(80, { pool }, nothing),
  storagePoolRefresh: remote(83, { pool, flags }, nothing, long),
  storagePoolGetInfo: remote(
    87,
    { pool },
    struct({ state: unsignedInt, capacity: unsignedHyper, allocation: unsignedHyper, available: unsignedHyper }),
  ),
  storagePoolGetXmlDesc: remote(88, { pool, flags }, string),
  storagePoolListAllVolumes: remote(
    282,
    { pool, need, flags },
    struct({ volumes: array(volume, limits.listItems), count: unsignedInt }),
  ),

  // Storage volumes
  storageVolLookupByName: remote(95, { pool, name: string }, volume),
  storageVolLookupByKey: remote(96, { key: string }, volume),
  storageVolLookupByPath: remote(97, { path: string }, volume),
  storageVolCreateXml: remote(93, { pool, xml: string, flags }, volume, long),
  storageVolDelete: remote(94, { volume, flags }, nothing, long),
  storageVolResize: remote(260, { volume, capacityBytes: unsignedHyper, flags }, nothing, long),
  storageVolGetInfo: remote(98, { volume }, struct({ type: int, capacity: unsignedHyper, allocation: unsignedHyper })),
  storageVolGetXmlDesc: remote(99, { volume, flags }, string),
  storageVolGetPath: remote(100, { volume }, string),
  storageVolUpload: remote(208, { volume, offset: unsignedHyper, length: unsignedHyper, flags }, nothing, {
    stream: 'upload',
  }),
  storageVolDownload: remote(209, { volume, offset: unsignedHyper, length: unsignedHyper, flags }, nothing, {
    stream: 'download',
  }),

  // Events: registering (what they bring is in events.ts)
  connectDomainEventCallbackRegisterAny: remote(316, { event: int, domain: optional(domain) }, int),
  connectDomainEventCallbackDeregisterAny: remote(317, { callbackId: int }, nothing),
  connectRegisterCloseCallback: remote(360, {}, nothing),
  connectUnregisterCloseCallback: remote(361, {}, nothing),

  // Only with the QEMU driver
  domainQemuMonitorCommand: qemu(1, { domain, command: string, flags }, string),
  connectDomainQemuMonitorEventRegister: qemu(4, { domain: optional(domain), event: optionalString, flags }, int),
  connectDomainQemuMonitorEventDeregister: qemu(5, { callbackId: int }, nothing),
} as const;

export type ProcedureName = keyof typeof procedures;

/** What a call takes. */
export type ArgsOf<N extends ProcedureName> = (typeof procedures)[N] extends Procedure<infer A, unknown> ? A : never;

/** What it answers. */
export type ReplyOf<N extends ProcedureName> = (typeof procedures)[N] extends Procedure<infer _A, infer R> ? R : never;

/** The calls that open a stream in the given direction. */
export type StreamName<D extends 'download' | 'upload'> = {
  [N in ProcedureName]: (typeof procedures)[N] extends { readonly stream: D } ? N : never;
}[ProcedureName];
