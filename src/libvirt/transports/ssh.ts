import { spawn } from 'node:child_process';
import { LibvirtError } from '../error.ts';
import { ChildStream } from './child-stream.ts';
import { remoteCommand } from './remote-command.ts';
import type { Target } from './target.ts';

export interface SshOptions {
  /** The program to run as ssh, by name or path. Default: ssh. The URI's `command` comes first. */
  readonly command?: string;
  /** Arguments that come before all others, for example `['-F', '/etc/libvirt/ssh_config']`. */
  readonly arguments?: readonly string[];
}

/**
 * Runs ssh as `virsh` does, with the protocol on its standard input and output. It never asks a question: keys, agent and
 * known hosts must be in place. Whether it got through shows with the first answer; if not, the stream fails with
 * SSH_FAILED and what ssh said.
 */
export function openSsh(target: Target, readOnly: boolean, options: SshOptions = {}): ChildStream {
  const command = target.parameters.command ?? options.command ?? 'ssh';
  const child = spawn(command, sshArguments(target, readOnly, options), { stdio: ['pipe', 'pipe', 'pipe'] });
  if (!child.stdout) {
    // What the types do not tell: without descriptors for its pipes there is no child, and an error comes later.
    child.on('error', () => undefined);
    throw new LibvirtError('SSH_FAILED', `cannot run ${command}: this process has no descriptors left`, {
      mend: 'Raise the limit of open files (ulimit -n, LimitNOFILE=).',
    });
  }
  return new ChildStream(child, `ssh to ${target.host}`);
}

/** The words that ssh gets: no shell on this side, and nothing behind `--` can become an option. */
export function sshArguments(target: Target, readOnly: boolean, options: SshOptions): readonly string[] {
  const { keyfile, known_hosts: knownHosts, no_verify: noVerify } = target.parameters;
  return [
    ...(options.arguments ?? []),
    // No terminal there, no escape character here: bytes pass as they are.
    ...['-T', '-e', 'none', '-o', 'BatchMode=yes'],
    ...(noVerify === '1' ? ['-o', 'StrictHostKeyChecking=no'] : []),
    ...(knownHosts === undefined ? [] : ['-o', `UserKnownHostsFile=${knownHosts}`]),
    ...(target.port === undefined ? [] : ['-p', String(target.port)]),
    ...(target.user === undefined ? [] : ['-l', target.user]),
    ...(keyfile === undefined ? [] : ['-i', keyfile]),
    '--',
    target.host,
    remoteCommand(target, readOnly),
  ];
}
