/** What is so on this machine, as far as this user may see it; null where it cannot be known. */
export interface HostFacts {
  /** Effective user id. */
  readonly uid: number;
  readonly umask: number;
  /** Whether libvirt answers on its usual socket or the configured address; the reason where it does not. */
  readonly libvirt: { readonly uri: string | null; readonly reason: string | null };
  readonly isDemo: boolean;
  /** vm.unprivileged_userfaultfd; null where the kernel has no userfaultfd. */
  readonly userfaultfd: '0' | '1' | null;
  /** Whether any QEMU runs as another user than root. */
  readonly qemuUsers: readonly string[];
  readonly security: { readonly appArmor: boolean; readonly seLinux: 'enforcing' | 'permissive' | null };
  /** kernel.yama.ptrace_scope; null without Yama. */
  readonly ptraceScope: number | null;
  /** Memory that the cgroup of this process may still take; null without a limit. */
  readonly cgroupFreeBytes: number | null;
  readonly folders: readonly FolderFacts[];
  /** Whether the kernel says that the clock follows a reference; null where it cannot be asked. */
  readonly clockSynchronised: boolean | null;
  /** How far this clock is from the server's, in milliseconds; null where no server answered. */
  readonly clockOffsetMs: number | null;
  readonly docker: { readonly socket: string | null; readonly usable: boolean };
  readonly port: { readonly number: number; readonly state: 'free' | 'memoir' | 'taken' };
  /** What systemd says of the unit; null where there is none, or no systemd. */
  readonly unit: string | null;
}

export interface FolderFacts {
  readonly name: 'DATA_DIR' | 'DUMP_DIR' | 'HEAP_DIR';
  readonly path: string;
  readonly state: 'writable' | 'missing' | 'read-only' | 'denied' | 'not-a-folder';
  readonly mode: number | null;
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  readonly freeInodes: number | null;
  readonly totalInodes: number | null;
}
