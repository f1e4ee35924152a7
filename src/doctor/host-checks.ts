import type { HostFinding } from './finding.ts';
import type { FolderFacts, HostFacts } from './host-facts.ts';

const gib = 1024 ** 3;
/** Below this, a small guest fits, and the journal; above, most do. */
const littleSpace = 10 * gib;
/** Less than this and the journal itself may not be written. */
const noSpace = gib;
/** A server process and what it captures with. */
const neededMemory = 512 * 1024 ** 2;
/** Signed links and webhooks tolerate five minutes. */
const clockToleranceMs = 60_000;

const ok = (about: string, finding: string): HostFinding => ({
  about,
  state: 'ok',
  finding,
  consequence: null,
  mend: null,
  fix: null,
});

/** Everything that Memoir needs of the machine that it runs on, each with what mends it. */
export function examineHost(facts: HostFacts): HostFinding[] {
  return [
    examineLibvirt(facts),
    examineRights(facts),
    examineUserfaultfd(facts),
    examineSecurity(facts),
    examinePtrace(facts),
    examineCgroup(facts),
    ...facts.folders.flatMap(examineFolder),
    examineUmask(facts),
    examineClock(facts),
    examineDocker(facts),
    examinePort(facts),
    examineUnit(facts),
  ];
}

function examineLibvirt({ libvirt, isDemo }: HostFacts): HostFinding {
  const about = 'libvirt';
  if (isDemo) return ok(about, 'not used: LIBVIRT_URI chooses the demo');
  if (libvirt.reason === null) return ok(about, `${libvirt.uri} answers`);
  return {
    about,
    state: 'broken',
    finding: `${libvirt.uri ?? 'no libvirt'} does not answer: ${libvirt.reason}`,
    consequence: 'No machine can be seen or captured; without LIBVIRT_URI the server starts with simulated machines.',
    mend: 'systemctl start libvirtd.socket virtqemud.socket; where libvirt is not installed: apt install libvirt-daemon-system',
    fix: null,
  };
}

function examineRights({ uid, isDemo }: HostFacts): HostFinding {
  if (uid === 0) return ok('rights', 'this is root');
  return {
    about: 'rights',
    state: 'look',
    finding: `this is user ${uid}, not root`,
    consequence: isDemo
      ? 'The demo needs no rights.'
      : 'Memory of guests of other users, their cgroups and their QEMU cannot be read; libvirt may refuse this user.',
    mend: isDemo ? null : 'Run the server as root (deploy/memoir.service), or add the user: usermod -aG libvirt USER',
    fix: null,
  };
}

function examineUserfaultfd({ userfaultfd, qemuUsers }: HostFacts): HostFinding {
  const about = 'userfaultfd';
  const others = qemuUsers.filter((user) => user !== 'root');
  if (userfaultfd === '1') return ok(about, 'every QEMU may use it');
  if (userfaultfd === null)
    return {
      about,
      state: 'broken',
      finding: 'the kernel has none (CONFIG_USERFAULTFD)',
      consequence: 'No background snapshot: every capture pauses its machine for as long as it takes (CORE_DUMP).',
      mend: 'Boot a kernel with CONFIG_USERFAULTFD; all of Debian’s have it.',
      fix: null,
    };
  if (others.length === 0 && qemuUsers.length > 0) return ok(about, 'every QEMU runs as root, which may use it');
  return {
    about,
    state: 'look',
    finding: `vm.unprivileged_userfaultfd is 0${others.length === 0 ? '' : `, and QEMU runs as ${others.join(', ')}`}`,
    consequence: 'A QEMU that is not root takes no background snapshot: its machine is paused for the whole capture.',
    mend: 'sysctl -w vm.unprivileged_userfaultfd=1; to keep it: echo vm.unprivileged_userfaultfd=1 > /etc/sysctl.d/60-memoir.conf',
    fix: null,
  };
}

function examineSecurity({ security }: HostFacts): HostFinding {
  const about = 'AppArmor and SELinux';
  if (security.seLinux === 'enforcing')
    return {
      about,
      state: 'look',
      finding: 'SELinux is enforcing',
      consequence: 'QEMU may not write where Memoir reads, unless the folders have libvirt’s labels.',
      mend: 'If captures fail with “Permission denied”: ausearch -m avc -ts recent; semanage fcontext -a -t virt_image_t "DUMP_DIR(/.*)?"',
      fix: null,
    };
  return ok(
    about,
    security.appArmor ? 'AppArmor is on; libvirt’s profiles allow what Memoir asks for' : 'neither is on',
  );
}

function examinePtrace({ ptraceScope, uid }: HostFacts): HostFinding {
  const about = 'ptrace';
  if (ptraceScope === null || ptraceScope === 0 || (uid === 0 && ptraceScope < 3))
    return ok(about, 'memory of processes can be read');
  return {
    about,
    state: 'look',
    finding: `kernel.yama.ptrace_scope is ${ptraceScope}`,
    consequence:
      ptraceScope === 3
        ? 'Nobody reads another process’s memory until the next boot.'
        : 'Only root reads the memory of processes that are not its children.',
    mend:
      ptraceScope === 3
        ? 'Remove kernel.yama.ptrace_scope=3 from /etc/sysctl.d and boot again.'
        : 'Run the server as root.',
    fix: null,
  };
}

function examineCgroup({ cgroupFreeBytes }: HostFacts): HostFinding {
  const about = 'memory';
  if (cgroupFreeBytes === null) return ok(about, 'its cgroup has no limit');
  if (cgroupFreeBytes >= neededMemory) return ok(about, `${size(cgroupFreeBytes)} are left in its cgroup`);
  return {
    about,
    state: 'broken',
    finding: `${size(cgroupFreeBytes)} are left in its cgroup`,
    consequence: 'The kernel may end the server in the middle of a dump.',
    mend: 'Raise it: systemctl set-property memoir.service MemoryMax=2G',
    fix: null,
  };
}

function examineFolder(folder: FolderFacts): HostFinding[] {
  const { name, path, state, mode, freeBytes, totalBytes, freeInodes, totalInodes } = folder;
  if (state === 'missing')
    return [
      {
        about: name,
        state: 'look',
        finding: `${path} is not there`,
        consequence: 'The server makes it at its start, where it may.',
        mend: `install -d -m 700 ${path}`,
        fix: { type: 'make-folder', path },
      },
    ];
  if (state !== 'writable') {
    const finding = {
      'read-only': `${path} is on a file system that is read-only`,
      denied: `this user may not write in ${path}`,
      'not-a-folder': `${path} is not a folder`,
    }[state];
    const mend = {
      'read-only': `mount -o remount,rw "$(findmnt -n -o TARGET --target ${path})"; or set ${name} to another folder`,
      denied: `chown ${'"$(id -un)"'} ${path}; or run as its owner`,
      'not-a-folder': `Set ${name} to a folder.`,
    }[state];
    return [
      {
        about: name,
        state: 'broken',
        finding,
        consequence: 'The server does not start, or no dump can be written.',
        mend,
        fix: null,
      },
    ];
  }
  const findings: HostFinding[] = [];
  if (mode !== null && (mode & 0o077) !== 0)
    findings.push({
      about: name,
      state: 'look',
      finding: `${path} has mode ${mode.toString(8)}`,
      consequence: 'Other users of this machine can list what is in it.',
      mend: `chmod 700 ${path}`,
      fix: { type: 'mode', path, mode: 0o700 },
    });
  if (freeBytes !== null && freeBytes < littleSpace)
    findings.push({
      about: `${name}: space`,
      state: freeBytes < noSpace ? 'broken' : 'look',
      finding: `${size(freeBytes)} of ${size(totalBytes ?? 0)} are free in ${path}`,
      consequence: freeBytes < noSpace ? 'Dumps are refused (NO_SPACE).' : 'A machine with much memory does not fit.',
      mend: `Delete old dumps (memoir dumps; memoir delete DUMP --yes), or set ${name} to a larger file system.`,
      fix: null,
    });
  if (freeInodes !== null && totalInodes !== null && totalInodes > 0 && freeInodes < 1_000)
    findings.push({
      about: `${name}: inodes`,
      state: 'broken',
      finding: `${freeInodes} of ${totalInodes} inodes are free in ${path}`,
      consequence: 'No new file can be made, however much space is free.',
      mend: `Find what holds them: du --inodes -x ${path} | sort -n | tail`,
      fix: null,
    });
  const free = freeBytes === null ? '' : `, ${size(freeBytes)} are free`;
  return findings.length > 0 ? findings : [ok(name, `${path} is writable${free}`)];
}

function examineUmask({ umask }: HostFacts): HostFinding {
  if ((umask & 0o077) === 0o077) return ok('umask', `0${umask.toString(8)}`);
  return ok('umask', `0${umask.toString(8)}; Memoir sets the modes of its files itself`);
}

function examineClock({ clockSynchronised, clockOffsetMs }: HostFacts): HostFinding {
  const about = 'clock';
  const mend = 'timedatectl set-ntp true; where there is no client: apt install systemd-timesyncd';
  if (clockOffsetMs !== null && Math.abs(clockOffsetMs) > clockToleranceMs)
    return {
      about,
      state: 'broken',
      finding: `this clock and the server’s differ by ${Math.round(Math.abs(clockOffsetMs) / 1000)} s`,
      consequence: 'Times of dumps are wrong, tokens and links expire at the wrong time, and retention stops itself.',
      mend,
      fix: null,
    };
  if (clockSynchronised === false)
    return {
      about,
      state: 'look',
      finding: 'the clock follows no reference',
      consequence: 'It drifts: times of dumps cannot be compared with those of other hosts.',
      mend,
      fix: null,
    };
  return ok(about, clockSynchronised === null ? 'it cannot be asked whether it is synchronised' : 'synchronised');
}

function examineDocker({ docker }: HostFacts): HostFinding {
  const about = 'Docker';
  if (docker.socket === null)
    return ok(about, 'no container engine: heaps of processes of this host can be captured all the same');
  if (docker.usable) return ok(about, `${docker.socket} answers`);
  return {
    about,
    state: 'look',
    finding: `this user may not use ${docker.socket}, or it does not answer`,
    consequence: 'Heaps of services in containers cannot be captured.',
    mend: 'systemctl start docker; usermod -aG docker USER; or name another socket with DOCKER_SOCKET',
    fix: null,
  };
}

function examinePort({ port }: HostFacts): HostFinding {
  const about = `port ${port.number}`;
  if (port.state !== 'taken') return ok(about, port.state === 'free' ? 'free' : 'Memoir answers on it');
  return {
    about,
    state: 'broken',
    finding: 'another program has it',
    consequence: 'The server cannot start.',
    mend: `See which: ss -ltnp "sport = :${port.number}"; or set PORT to another`,
    fix: null,
  };
}

function examineUnit({ unit }: HostFacts): HostFinding {
  if (unit === null) return ok('service', 'no unit of systemd: the server is started in another way');
  if (unit === 'active') return ok('service', 'memoir.service is active');
  return {
    about: 'service',
    state: unit === 'failed' ? 'broken' : 'look',
    finding: `memoir.service is ${unit}`,
    consequence: 'The server does not run, or not after the next boot.',
    mend: unit === 'failed' ? 'journalctl -u memoir -n 50; systemctl restart memoir' : 'systemctl enable --now memoir',
    fix: null,
  };
}

function size(bytes: number): string {
  return bytes >= gib ? `${(bytes / gib).toFixed(1)} GiB` : `${Math.round(bytes / 1024 ** 2)} MiB`;
}
