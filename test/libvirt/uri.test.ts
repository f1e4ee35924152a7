import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LibvirtError } from '../../src/libvirt/error.ts';
import { sshArguments } from '../../src/libvirt/transports/ssh.ts';
import { parseUri } from '../../src/libvirt/transports/target.ts';
import { socketPaths } from '../../src/libvirt/transports/unix.ts';

describe('a libvirt URI', () => {
  it.each([
    ['qemu:///system', { transport: 'unix', driver: 'qemu', session: false, daemonUri: 'qemu:///system' }],
    ['qemu:///session', { transport: 'unix', session: true, daemonUri: 'qemu:///session' }],
    ['test:///default', { transport: 'unix', driver: 'test', daemonUri: 'test:///default' }],
    ['test+unix:///default?socket=/run/x/s', { parameters: { socket: '/run/x/s' }, daemonUri: 'test:///default' }],
    ['', { transport: 'unix', daemonUri: '' }],
    ['qemu://host.example/system', { transport: 'tls', host: 'host.example', port: undefined }],
    ['qemu+tls://10.0.0.1:1234/system?no_verify=1', { transport: 'tls', port: 1234, parameters: { no_verify: '1' } }],
    [
      'qemu+ssh://root@[fe80::1]:2222/system?keyfile=/k&mode=direct',
      { transport: 'ssh', host: 'fe80::1', user: 'root', port: 2222, parameters: { keyfile: '/k', mode: 'direct' } },
    ],
    ['xen+ssh://h/?name=xen:///system', { driver: 'xen', daemonUri: 'xen:///system' }],
    // What is not ours goes to the daemon, as libvirt's own client has it.
    ['test:///default?colour=blue', { daemonUri: 'test:///default?colour=blue' }],
  ])('%s is understood', (uri, expected) => {
    expect(parseUri(uri)).toMatchObject(expected);
  });

  it.each([
    ['system', 'URI_INVALID'],
    ['qemu:system', 'URI_INVALID'],
    ['qemu+ssh:///system', 'URI_INVALID'],
    ['qemu+unix://host/system', 'URI_INVALID'],
    ['qemu+ssh://u:secret@host/system', 'URI_INVALID'],
    ['qemu+tls://user@host/system', 'URI_INVALID'],
    ['qemu+ssh://-oProxyCommand=reboot/system', 'URI_INVALID'],
    ['qemu+ssh://-lroot@host/system', 'URI_INVALID'],
    ['qemu+ssh://$(reboot)@host/system', 'URI_INVALID'],
    ['qemu+ssh://%ZZ@host/system', 'URI_INVALID'],
    ["qemu+ssh://host/sys'tem", 'URI_INVALID'],
    ['qemu+ssh://host/$(reboot)', 'URI_INVALID'],
    ['qemu:///system?socket=relative', 'URI_INVALID'],
    ['qemu:///system?socket=/a&socket=/b', 'URI_INVALID'],
    ['qemu+ssh://host/system?netcat=nc;reboot', 'URI_INVALID'],
    ['qemu+ssh://host/system?keyfile=/a%00b', 'URI_INVALID'],
    ['qemu+ssh://host/system?command=-x', 'URI_INVALID'],
    // The daemon would follow it, as root.
    ['qemu:///system?name=qemu%2Bssh://other/system', 'URI_INVALID'],
    ['qemu+tcp://host/system', 'URI_UNSUPPORTED'],
    ['qemu+libssh2://host/system', 'URI_UNSUPPORTED'],
    ['qemu:///embed?root=/tmp', 'URI_UNSUPPORTED'],
    ['qemu+tls://host/system?tls_priority=NORMAL', 'URI_UNSUPPORTED'],
  ])('%s is refused as %s', (uri, code) => {
    expect(() => parseUri(uri)).toThrow(expect.objectContaining({ code }));
  });

  it('whatever it is ends in a target or a typed error, and no part of a target is an option or a shell word', () => {
    const nasty = fc.constantFrom(
      '-',
      '$(x)',
      '`x`',
      ';',
      "'",
      '"',
      '\\',
      ' ',
      '\n',
      '\0',
      '%00',
      '@',
      '|',
      '&',
      '-oX=y',
    );
    const part = fc.array(fc.oneof(nasty, fc.string({ maxLength: 5 })), { maxLength: 4 }).map((list) => list.join(''));
    fc.assert(
      fc.property(part, part, part, part, (user, host, path, netcat) => {
        let argv: readonly string[];
        try {
          argv = sshArguments(parseUri(`qemu+ssh://${user}@${host}/${path}?netcat=${netcat}`), false, {});
        } catch (error) {
          expect(error).toBeInstanceOf(LibvirtError);
          return;
        }
        const end = argv.indexOf('--');
        expect(argv.slice(end + 1)).toHaveLength(2);
        expect(argv[end + 1]).toMatch(/^[A-Za-z0-9:][A-Za-z0-9:._-]*$/);
        expect(argv.slice(0, end).join(' ')).toMatch(
          /^-T -e none -o BatchMode=yes( -p \d+)?( -l [A-Za-z0-9_][A-Za-z0-9_.@+-]*)?$/,
        );
        expect(argv[end + 2]).not.toMatch(/reboot|\$\(x\)|`/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the sockets of a local daemon', () => {
  const paths = (uri: string, readOnly = false) =>
    socketPaths(parseUri(uri), { readOnly, runtimeDirectory: '/run/user/7', homeDirectory: '/home/u' });

  it('are probed in libvirt’s own order', () => {
    expect(paths('qemu:///system')).toEqual(['/run/libvirt/virtqemud-sock', '/run/libvirt/libvirt-sock']);
    expect(paths('xen:///system')).toEqual(['/run/libvirt/virtxend-sock', '/run/libvirt/libvirt-sock']);
    expect(paths('test:///default')).toEqual(['/run/libvirt/virtqemud-sock', '/run/libvirt/libvirt-sock']);
    expect(paths('qemu:///system?mode=direct')).toEqual(['/run/libvirt/virtqemud-sock']);
    expect(paths('qemu:///system?mode=legacy')).toEqual(['/run/libvirt/libvirt-sock']);
    expect(paths('qemu:///system?socket=/s')).toEqual(['/s']);
  });

  it('are others for who only looks, and for a session, which has one kind', () => {
    expect(paths('qemu:///system', true)).toEqual(['/run/libvirt/virtqemud-sock-ro', '/run/libvirt/libvirt-sock-ro']);
    const session = ['/run/user/7/libvirt/virtqemud-sock', '/run/user/7/libvirt/libvirt-sock'];
    expect(paths('qemu:///session')).toEqual(session);
    expect(paths('qemu:///session', true)).toEqual(session);
    expect(socketPaths(parseUri('qemu:///session?mode=legacy'), { readOnly: false, homeDirectory: '/home/u' })).toEqual(
      ['/home/u/.cache/libvirt/libvirt-sock'],
    );
  });
});

describe('the arguments of ssh', () => {
  const argv = (uri: string, readOnly = false) => sshArguments(parseUri(uri), readOnly, {});

  it('ask no question, run virt-ssh-helper where it is, and put nothing behind -- that could be an option', () => {
    const words = argv('qemu+ssh://root@h:22/system?keyfile=/k%20y&no_verify=1&known_hosts=/kh');
    expect(words.slice(0, -1)).toEqual([
      ...['-T', '-e', 'none', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no'],
      ...['-o', 'UserKnownHostsFile=/kh', '-p', '22', '-l', 'root', '-i', '/k y', '--', 'h'],
    ]);
    expect(words.at(-1)).toMatch(/^'sh' '-c' '.*exec virt-ssh-helper "\$1".*' 'libvirt' 'qemu:\/\/\/system' 'nc' /);
  });

  it('follow proxy=, socket=, netcat= and mode=', () => {
    expect(argv('qemu+ssh://h/system?proxy=native').at(-1)).toBe(
      `'sh' '-c' 'exec virt-ssh-helper "$1"' 'libvirt' 'qemu:///system'`,
    );
    expect(argv('qemu+ssh://h/system?proxy=native', true).at(-1)).toContain('virt-ssh-helper -r "$1"');
    const byNetcat = argv('qemu+ssh://h/system?socket=/a%20b&netcat=ncat').at(-1);
    expect(byNetcat).not.toContain('virt-ssh-helper');
    expect(byNetcat).toMatch(/'ncat' '\/a b'$/);
    expect(argv('qemu+ssh://h/system?mode=legacy', true).at(-1)).toMatch(
      /'nc' '\/var\/run\/libvirt\/libvirt-sock-ro'$/,
    );
    expect(() => argv('qemu+ssh://h/session?proxy=netcat')).toThrow(/virt-ssh-helper/);
    expect(() => argv('qemu+ssh://h/system?proxy=native&socket=/s')).toThrow(/virt-ssh-helper/);
  });
});
