import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MemoirError } from '../domain/memoir-error.ts';
import { codeOf, messageOf } from '../domain/thrown.ts';
import { readCoreHeaders } from '../formats/elf/core-headers.ts';
import { EHDR64_SIZE, ELF_MAGIC, PHDR64_SIZE, PT_NOTE } from '../formats/elf/elf-format.ts';
import { type CoreNote, readNotes } from '../formats/elf/note.ts';
import { FormatError } from '../formats/format-error.ts';
import type { ArtifactReader } from '../storage/artifact-store.ts';
import { openFrames } from './artifact-content.ts';
import type { Compression } from './dump-request.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { examine, type Finding } from './verification/examination.ts';

// An artifact as a file that somebody has, perhaps on a machine where there is no Memoir: looked at without a server.

/** What can be said of an artifact by looking at its first bytes and its manifest. */
export interface Inspection {
  readonly file: string;
  readonly sizeBytes: number;
  readonly compression: Compression;
  /** Frames that can be read alone; null for an uncompressed one. */
  readonly frames: number | null;
  readonly imageBytes: number;
  readonly format: 'ELF' | 'RAW';
  readonly architecture: string | null;
  /** Names of the notes in front of the memory, each once. */
  readonly notes: readonly string[];
  /** The release that the guest's kernel says it is; null where it says none. */
  readonly kernel: string | null;
  /** Guest-physical ranges, half open, as hexadecimal numbers. */
  readonly memoryRanges: readonly { readonly start: string; readonly end: string }[];
  readonly manifest: Manifest | null;
}

const pieceBytes = 1024 * 1024;
const longestManifest = 16 * 1024 * 1024;
const longestHeader = 32 * 1024 * 1024;

interface Opened extends ArtifactReader {
  readonly compression: Compression;
  readonly manifest: Manifest | null;
}

async function openArtifact(path: string): Promise<Opened> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw new MemoirError('BAD_INPUT', `${path} cannot be opened: ${messageOf(cause)}`, { cause });
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new MemoirError('BAD_INPUT', `${path} is not a file`);
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, found.size - offset)));
      let done = 0;
      while (done < bytes.length) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    };
    const magic = Buffer.from(await read(0, 4));
    return {
      sizeBytes: found.size,
      read,
      close: () => file.close(),
      compression: compressionOf(magic),
      manifest: await manifestBeside(path),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** RFC 8878 §3.1.1 (also skippable frames, which a seekable file may begin with) and RFC 1952 §2.3.1. */
function compressionOf(magic: Buffer): Compression {
  const number = magic.length === 4 ? magic.readUInt32LE(0) : 0;
  if (number === 0xfd2fb528 || (number & 0xfffffff0) >>> 0 === 0x184d2a50) return 'ZSTD';
  return (number & 0xffff) === 0x8b1f ? 'GZIP' : 'NONE';
}

/** A file without its manifest is less known, and no less readable. */
async function manifestBeside(path: string): Promise<Manifest | null> {
  try {
    const file = await open(`${path}.json`, 'r');
    try {
      if ((await file.stat()).size > longestManifest) return null;
      return readManifest(JSON.parse(await readFile(file, 'utf8')));
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

/** Compares the file with the digests in its manifest; without one, its frames with their own checksums alone. */
export async function verifyFile(
  path: string,
  progress: (percent: number) => void,
): Promise<Finding & { readonly expected: string | null; readonly machine: string | null }> {
  await using stack = new AsyncDisposableStack();
  const artifact = await openArtifact(path);
  stack.defer(() => artifact.close());
  const { manifest, compression } = artifact;
  const frames = await openFrames(artifact, compression).catch(() => null);
  const rawSizeBytes = frames?.size ?? artifact.sizeBytes;
  const total = artifact.sizeBytes + (compression === 'NONE' ? 0 : rawSizeBytes);
  const sha256 = manifest?.sha256 ?? (await digestOf(artifact));
  const expectation = { sizeBytes: manifest?.sizeBytes ?? artifact.sizeBytes, sha256, compression, rawSizeBytes };
  const finding = await examine(artifact, expectation, (done) => progress(total === 0 ? 100 : (done / total) * 100));
  return { ...finding, expected: manifest?.sha256 ?? null, machine: manifest?.machineName ?? null };
}

async function digestOf(artifact: ArtifactReader): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; offset < artifact.sizeBytes; offset += pieceBytes)
    hash.update(await artifact.read(offset, pieceBytes));
  return hash.digest('hex');
}

/** Looks at the headers; reads no memory of the guest. */
export async function inspectFile(path: string): Promise<Inspection> {
  await using stack = new AsyncDisposableStack();
  const artifact = await openArtifact(path);
  stack.defer(() => artifact.close());
  const frames = await openFrames(artifact, artifact.compression);
  const imageBytes = frames?.size ?? artifact.sizeBytes;
  const read = (length: number) =>
    frames === null ? artifact.read(0, length) : frames.read(0, Math.min(length, imageBytes));
  const headers = await readHeaders(read, imageBytes);
  const info = headers?.notes.find(({ name }) => name === 'VMCOREINFO');
  const text = info === undefined ? '' : Buffer.from(info.desc).toString('latin1');
  return {
    file: basename(path),
    sizeBytes: artifact.sizeBytes,
    compression: artifact.compression,
    frames: frames?.index.count ?? null,
    imageBytes,
    format: headers === null ? 'RAW' : 'ELF',
    architecture: headers?.machine ?? artifact.manifest?.architecture ?? null,
    notes: [...new Set(headers?.notes.map(({ name }) => name) ?? [])],
    kernel: /^OSRELEASE=(.*)$/m.exec(text)?.[1] ?? null,
    memoryRanges:
      headers?.segments?.map(({ start, end }) => ({
        start: `0x${start.toString(16)}`,
        end: `0x${end.toString(16)}`,
      })) ??
      artifact.manifest?.memoryRanges ??
      [],
    manifest: artifact.manifest,
  };
}

interface FrontOfCore {
  readonly machine: string | null;
  readonly notes: readonly CoreNote[];
  readonly segments: readonly { readonly start: bigint; readonly end: bigint }[] | null;
}

/** Null for an image that is no ELF core. */
async function readHeaders(
  read: (length: number) => Promise<Uint8Array>,
  imageBytes: number,
): Promise<FrontOfCore | null> {
  const front = Buffer.from(await read(Math.min(64 * 1024, imageBytes)));
  if (front.length < EHDR64_SIZE || front.readUInt32LE(0) !== ELF_MAGIC) return null;
  try {
    for (let length = front.length; ; ) {
      const result = readCoreHeaders(await read(length), longestHeader);
      if (!('needed' in result)) return result;
      if (length >= imageBytes || result.needed <= length) break;
      length = Math.min(result.needed, imageBytes);
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  // An image of ours shows the kernel's text a second time, which that reader refuses: its notes are read all the same.
  return { machine: null, notes: await readNotesOf(front, read, imageBytes), segments: null };
}

/** Notes of a 64-bit core, as far as they lie in front of the memory; none where they cannot be read. */
async function readNotesOf(
  front: Buffer,
  read: (length: number) => Promise<Uint8Array>,
  imageBytes: number,
): Promise<CoreNote[]> {
  const table = Number(front.readBigUInt64LE(32)); // e_phoff
  const count = Math.min(front.readUInt16LE(56), 1024); // e_phnum
  for (let at = table; at < table + count * PHDR64_SIZE && at + PHDR64_SIZE <= front.length; at += PHDR64_SIZE) {
    if (front.readUInt32LE(at) !== PT_NOTE) continue;
    const offset = Number(front.readBigUInt64LE(at + 8));
    const size = Number(front.readBigUInt64LE(at + 32));
    if (offset + size > Math.min(longestHeader, imageBytes)) return [];
    try {
      return readNotes((await read(offset + size)).subarray(offset), offset);
    } catch (error) {
      if (error instanceof FormatError) return [];
      throw error;
    }
  }
  return [];
}

/** Writes the uncompressed image, each frame checked on the way; nothing stays of one that is damaged. */
export async function extractFile(
  path: string,
  output: string,
  progress: (percent: number) => void,
  signal: AbortSignal,
): Promise<{ readonly sizeBytes: number; readonly sha256: string; readonly expected: string | null }> {
  await using stack = new AsyncDisposableStack();
  const artifact = await openArtifact(path);
  stack.defer(() => artifact.close());
  const frames = await openFrames(artifact, artifact.compression);
  const total = frames?.size ?? artifact.sizeBytes;
  const hash = createHash('sha256');
  let sizeBytes = 0;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for await (const piece of frames === null ? plainPieces(artifact) : frames.stream()) {
      hash.update(piece);
      sizeBytes += piece.length;
      progress(total === 0 ? 100 : (sizeBytes / total) * 100);
      yield piece;
    }
  }
  try {
    await pipeline(pieces, createWriteStream(output, { flags: 'wx', mode: 0o600 }), { signal });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new MemoirError('BAD_INPUT', `${output} is there already`);
    await rm(output, { force: true });
    if (error instanceof FormatError) throw new MemoirError('ARTIFACT_DAMAGED', error.message, { cause: error });
    throw error;
  }
  const sha256 = hash.digest('hex');
  const expected = artifact.manifest?.imageSha256 ?? null;
  if (expected !== null && expected !== sha256) {
    await rm(output, { force: true });
    throw new MemoirError('ARTIFACT_DAMAGED', `the image has SHA-256 ${sha256}, not ${expected}`);
  }
  return { sizeBytes, sha256, expected };
}

async function* plainPieces(artifact: ArtifactReader): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < artifact.sizeBytes; offset += pieceBytes) yield artifact.read(offset, pieceBytes);
}
