/** The programs of libvirt's RPC (each protocol.x file names its own) that this client speaks. All are at version 1. */
export const programs = {
  /** The hypervisor API: src/remote/remote_protocol.x. */
  remote: 0x2000_8086,
  /** What only the QEMU driver has: src/remote/qemu_protocol.x. */
  qemu: 0x2000_8087,
  /** "keep" in ASCII: src/rpc/virkeepaliveprotocol.x. */
  keepalive: 0x6b65_6570,
} as const;

export const programVersion = 1;

/** Sizes that libvirt itself refuses to exceed (src/rpc/virnetprotocol.x, src/remote/remote_protocol.x). */
export const limits = {
  /** The length word itself. */
  lengthWordBytes: 4,
  /** A message is at least its length word and its header of six words. */
  minMessageBytes: 28,
  /** 32 MiB of message and the length word. */
  maxMessageBytes: 32 * 1024 * 1024 + 4,
  /** The largest body of a stream packet that libvirt's own peers send: the original 256 KiB message less the header. */
  maxStreamBytes: 262_120,
  stringBytes: 4 * 1024 * 1024,
  /** Domains, pools and volumes in one list. */
  listItems: 16_384,
  jobStats: 64,
  domainStats: 262_144,
  eventParameters: 2_048,
  memoryPeekBytes: 4 * 1024 * 1024,
  authTypes: 20,
} as const;
