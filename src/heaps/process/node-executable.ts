import { open, readFile } from 'node:fs/promises';

/** What an executable is, as far as its bytes say. */
export interface ExecutableKind {
  readonly isNode: boolean;
  /** `24.21.0`; null if it does not say. */
  readonly version: string | null;
  /** What it is instead, where that is known. */
  readonly other: string | null;
}

const blockBytes = 4 * 1024 * 1024;
/** A marker may lie across two blocks. */
const overlapBytes = 256;
/** The smallest Node.js is larger; one that is linked to libnode.so is found through that. */
const smallestBytes = 8 * 1024 * 1024;
const largestBytes = 1024 * 1024 * 1024;

/** `node::Start(int, char**)`, which Node.js exports and nobody else does; Bun and Deno have the strings of Node's API only. */
const nodeMarker = Buffer.from('_ZN4node5Start');
const release = /nodejs\.org\/download\/release\/v(\d+\.\d+\.\d+)/;
const others = [
  { name: 'Bun', marker: Buffer.from('bun.report/') },
  { name: 'Deno', marker: Buffer.from('deno.land/') },
];

/**
 * Tells Node.js by the content of the executable: its name says nothing (the main thread of Node 24 is called `MainThread`,
 * and what is called `node` may be anything), and SIGUSR1 kills a program that does not expect it.
 */
export async function readExecutable(path: string): Promise<ExecutableKind> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const nothing: ExecutableKind = { isNode: false, version: null, other: null };
    if (size < smallestBytes || size > largestBytes) return nothing;
    const block = Buffer.alloc(blockBytes + overlapBytes);
    let isNode = false;
    let version: string | null = null;
    let other: string | null = null;
    for (let offset = 0; offset < size && !(isNode && version !== null); offset += blockBytes) {
      const { bytesRead } = await file.read(block, 0, block.length, offset);
      const bytes = block.subarray(0, bytesRead);
      isNode ||= bytes.includes(nodeMarker);
      other ??= others.find(({ marker }) => bytes.includes(marker))?.name ?? null;
      const at: number = version === null ? bytes.indexOf('nodejs.org/download/release/v') : -1;
      if (at >= 0) version = release.exec(bytes.toString('latin1', at, at + 80))?.[1] ?? null;
    }
    return isNode ? { isNode, version, other: null } : { ...nothing, other };
  } finally {
    await file.close();
  }
}

/** The library that holds Node.js where a distribution links it dynamically; null if the process has none mapped. */
export async function nodeLibrary(pid: number): Promise<string | null> {
  const maps = await readFile(`/proc/${pid}/maps`, 'latin1');
  const path = /\s(\/\S*\/libnode\.so[.\d]*)$/m.exec(maps)?.[1];
  return path === undefined ? null : `/proc/${pid}/root${path}`;
}
