#!/usr/bin/env python3
"""Thaws a guest that an interrupted background snapshot froze (QEMU before 8.1). As root, on its host:

    thaw-guest.py UUID-OR-PID

QEMU left its memory write-protected by a userfaultfd that nobody serves any more. This borrows that descriptor from the
running process, lifts the protection range by range and wakes who waits. Nothing in the guest's memory is changed. It
refuses a QEMU without a thread that waits. Afterwards restart the Memoir server, which switches the snapshot capability off.
"""
import ctypes
import fcntl
import os
import re
import struct
import sys

# asm-generic/unistd.h: the same on x86-64 and arm64.
SYS_PIDFD_OPEN = 434
SYS_PIDFD_GETFD = 438
# linux/userfaultfd.h: _IOR(0xAA, 1 and 2, struct uffdio_range {u64 start, u64 len}).
UFFDIO_UNREGISTER = 0x8010AA01
UFFDIO_WAKE = 0x8010AA02

libc = ctypes.CDLL(None, use_errno=True)


def syscall(*args):
    result = libc.syscall(*args)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def process_of(word):
    if word.isdigit():
        return int(word)
    wanted = b'\0-uuid\0' + word.lower().encode() + b'\0'
    for name in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{name}/cmdline', 'rb') as file:
                if wanted in file.read():
                    return int(name)
        except OSError:
            continue
    sys.exit(f'no process was started with -uuid {word}')


def waiting(pid):
    count = 0
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/wchan') as file:
            count += file.read() == 'handle_userfault'
    return count


def userfaults(pid):
    for name in os.listdir(f'/proc/{pid}/fd'):
        if os.readlink(f'/proc/{pid}/fd/{name}') == 'anon_inode:[userfaultfd]':
            yield int(name)


def protected(pid):
    """Ranges whose VmFlags in smaps (proc(5)) have `uw`: registered for write-protection faults."""
    span = None
    with open(f'/proc/{pid}/smaps') as file:
        for line in file:
            head = re.match(r'([0-9a-f]+)-([0-9a-f]+) ', line)
            if head:
                span = int(head[1], 16), int(head[2], 16)
            elif line.startswith('VmFlags:') and 'uw' in line.split():
                yield span


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith('-'):
        sys.exit(__doc__)
    pid = process_of(sys.argv[1])
    stuck = waiting(pid)
    if stuck == 0:
        sys.exit(f'no thread of process {pid} waits in handle_userfault: nothing is frozen')
    ranges = list(protected(pid))
    pidfd = syscall(SYS_PIDFD_OPEN, pid, 0)
    for number in userfaults(pid):
        descriptor = syscall(SYS_PIDFD_GETFD, pidfd, number, 0)
        for start, end in ranges:
            span = struct.pack('QQ', start, end - start)
            for request in (UFFDIO_UNREGISTER, UFFDIO_WAKE):
                try:
                    # Lifting the protection does not wake who waits for it; both are needed.
                    fcntl.ioctl(descriptor, request, span)
                except OSError as error:
                    print(f'{start:x}-{end:x}: {error}', file=sys.stderr)
    print(f'process {pid}: {len(ranges)} ranges of memory released, {stuck} threads were waiting')


main()
