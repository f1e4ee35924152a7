import type { ReconnectOptions } from '../../libvirt/reconnecting-connection.ts';

export interface LibvirtHypervisorOptions {
  readonly uri: string;
  /** Where captures under way are noted, for recovery after a crash. Belongs to one server. */
  readonly stateFolder: string;
  readonly connection?: ReconnectOptions;
  /** How long a guest's QEMU may take to answer. Default 20 s. */
  readonly answerMs?: number;
  /** What was put right without being asked, one line each. */
  readonly repaired?: (line: string) => void;
  /** Folders to make sockets and FIFOs in, in order of preference. Default: /run, then the temporary folder. */
  readonly meetingFolders?: readonly string[];
  /** Epoch milliseconds. */
  readonly now?: () => number;
}
