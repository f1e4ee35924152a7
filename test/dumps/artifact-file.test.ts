import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { extractFile, inspectFile, verifyFile } from '../../src/dumps/artifact-file.ts';
import type { Compression } from '../../src/dumps/dump-request.ts';
import { planImage } from '../../src/dumps/pipeline/image.ts';
import { parseVmcoreinfo } from '../../src/formats/elf/vmcoreinfo.ts';
import { artifactBytes } from '../fakes/artifact-bytes.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const kernel = 'OSRELEASE=6.1.0-test\nSYMBOL(swapper_pg_dir)=ffffffff82a10000\n';
const mapped = `${kernel}SYMBOL(_stext)=ffffffff81000000\nNUMBER(phys_base)=-16777216\n`;
const never = new AbortController().signal;

/** An ELF core of two ranges with random memory, as a dump makes it. */
function elfImage(vmcoreinfo: string | null): Buffer {
  const ranges = [
    { start: 0n, end: 0x8000n },
    { start: 0x100000n, end: 0x104000n },
  ];
  const image = planImage('ELF', { architecture: 'x86_64', ranges, cpuCount: 0, cpuNotesBytes: 0 });
  const tail = { machine: 'x86_64', cpuNotes: [], vmcoreinfo, kernelAddress: null, warnings: [] } as const;
  const header = image.header(tail, vmcoreinfo === null ? undefined : parseVmcoreinfo(vmcoreinfo));
  return Buffer.concat([header, randomBytes(0xc000)]);
}

/** The image in frames of 8 KiB. */
function framesOf(image: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(image.length / 8192) }, (_, at) => image.subarray(at * 8192, (at + 1) * 8192));
}

async function artifactFile(compression: Compression, image: Buffer, manifest: object | null = null) {
  const folder = temporaryFolder();
  const path = join(folder, 'dump');
  const bytes = await artifactBytes(compression, framesOf(image));
  writeFileSync(path, bytes);
  const described = (facts: object) => {
    const own = { memoir: 'dump', version: 1, id: 'one', sha256: digest(bytes), sizeBytes: bytes.length, ...facts };
    writeFileSync(`${path}.json`, JSON.stringify(own));
  };
  if (manifest !== null) described(manifest);
  return { folder, path, bytes, described };
}

describe('a look at an artifact', () => {
  it.each(['ZSTD', 'GZIP', 'NONE'] as const)('says what it is, from the file alone: %s', async (compression) => {
    const image = elfImage(kernel);
    const { path, bytes } = await artifactFile(compression, image);
    expect(await inspectFile(path)).toEqual({
      file: 'dump',
      sizeBytes: bytes.length,
      compression,
      frames: compression === 'NONE' ? null : framesOf(image).length,
      imageBytes: image.length,
      format: 'ELF',
      architecture: 'x86_64',
      notes: ['VMCOREINFO'],
      kernel: '6.1.0-test',
      memoryRanges: [
        { start: '0x0', end: '0x8000' },
        { start: '0x100000', end: '0x104000' },
      ],
      manifest: null,
    });
  });

  it('reads the notes also where the kernel’s text stands in the image twice, and asks the manifest for the rest', async () => {
    const memoryRanges = [{ start: '0x0', end: '0x8000' }];
    const { path } = await artifactFile('ZSTD', elfImage(mapped), { architecture: 'x86_64', memoryRanges });
    expect(await inspectFile(path)).toMatchObject({
      format: 'ELF',
      architecture: 'x86_64',
      notes: ['VMCOREINFO'],
      kernel: '6.1.0-test',
      memoryRanges,
      manifest: { id: 'one' },
    });
  });

  it('says nothing of a kernel that says nothing of itself', async () => {
    const { path } = await artifactFile('ZSTD', elfImage(null));
    expect(await inspectFile(path)).toMatchObject({ format: 'ELF', notes: [], kernel: null });
  });

  it.each([
    ['flat memory', randomBytes(9000)],
    ['less than a header', Buffer.from('\x7fELF')],
    ['nothing', Buffer.alloc(0)],
  ])('takes %s for no core', async (_, image) => {
    const { path } = await artifactFile('NONE', image);
    expect(await inspectFile(path)).toMatchObject({
      format: 'RAW',
      imageBytes: image.length,
      architecture: null,
      notes: [],
      kernel: null,
      memoryRanges: [],
    });
  });

  it('takes a core whose notes lie outside of it for one without notes', async () => {
    const image = elfImage(mapped);
    // p_filesz of the first program header, which is that of the notes.
    const table = Number(image.readBigUInt64LE(32));
    image.writeBigUInt64LE(1n << 40n, table + 32);
    const { path } = await artifactFile('NONE', image);
    expect(await inspectFile(path)).toMatchObject({ format: 'ELF', notes: [], memoryRanges: [] });
  });

  it('takes a core that ends in its own headers for one without notes', async () => {
    for (const length of [64, 150]) {
      const { path } = await artifactFile('NONE', elfImage(kernel).subarray(0, length));
      expect(await inspectFile(path)).toMatchObject({ format: 'ELF', imageBytes: length, notes: [], memoryRanges: [] });
    }
  });

  it('is refused where there is no file', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'folder'));
    const bad = { code: 'BAD_INPUT' };
    await expect(inspectFile(join(folder, 'missing'))).rejects.toMatchObject(bad);
    await expect(inspectFile(join(folder, 'folder'))).rejects.toMatchObject({
      ...bad,
      message: expect.stringContaining('is not a file'),
    });
  });

  it('needs no manifest: one that is none, or far too long, is no manifest', async () => {
    const { path, described } = await artifactFile('ZSTD', elfImage(null));
    for (const text of ['{', '[]', '{"memoir":"else"}']) {
      writeFileSync(`${path}.json`, text);
      expect((await inspectFile(path)).manifest).toBeNull();
    }
    described({ padding: 'x'.repeat(16 << 20) });
    expect((await inspectFile(path)).manifest).toBeNull();
    described({ padding: 'x'.repeat(15 << 20) });
    expect((await inspectFile(path)).manifest).toMatchObject({ id: 'one' });
  });
});

describe('a verification of a file', () => {
  it.each(['ZSTD', 'NONE'] as const)(
    'compares it with its manifest, and says how far it is: %s',
    async (compression) => {
      const image = elfImage(null);
      const { path, bytes } = await artifactFile(compression, image, { machineName: 'web-01' });
      const percents: number[] = [];
      expect(await verifyFile(path, (percent) => percents.push(percent))).toEqual({
        damage: null,
        imageSha256: digest(image),
        expected: digest(bytes),
        machine: 'web-01',
      });
      expect(percents.at(-1)).toBe(100);
      expect(percents.every((percent) => percent > 0 && percent <= 100)).toBe(true);
      writeFileSync(path, bytes.fill(bytes[100] === 7 ? 8 : 7, 100, 101));
      expect((await verifyFile(path, () => undefined)).damage).toContain(digest(bytes));
    },
  );

  it('compares frames with their own checksums where there is no manifest', async () => {
    const { path, bytes } = await artifactFile('ZSTD', elfImage(null));
    expect(await verifyFile(path, () => undefined)).toMatchObject({ damage: null, expected: null, machine: null });
    bytes[2000] = (bytes[2000] as number) ^ 1;
    writeFileSync(path, bytes);
    expect((await verifyFile(path, () => undefined)).damage).toMatch(
      /^it is what was written, but damaged: frame \d+ at byte/,
    );
  });

  it('knows the digest of a file of several MiB', async () => {
    const { path } = await artifactFile('NONE', randomBytes((2 << 20) + 5));
    const finding = await verifyFile(path, () => undefined);
    expect(finding).toMatchObject({ damage: null, imageSha256: digest(readFileSync(path)) });
  });

  it('of an empty file is over at once', async () => {
    const { path } = await artifactFile('NONE', Buffer.alloc(0), {});
    expect(await verifyFile(path, () => undefined)).toMatchObject({ damage: null });
  });
});

describe('an extraction', () => {
  it.each(['ZSTD', 'GZIP', 'NONE'] as const)('writes the image for its owner alone: %s', async (compression) => {
    const image = elfImage(null);
    const { folder, path } = await artifactFile(compression, image, { imageSha256: digest(image) });
    const output = join(folder, 'image');
    const percents: number[] = [];
    const found = await extractFile(path, output, (percent) => percents.push(percent), never);
    expect(found).toEqual({ sizeBytes: image.length, sha256: digest(image), expected: digest(image) });
    expect(readFileSync(output).equals(image)).toBe(true);
    expect(statSync(output).mode & 0o777).toBe(0o600);
    expect(percents.at(-1)).toBe(100);
  });

  it('overwrites nothing', async () => {
    const { path, bytes } = await artifactFile('ZSTD', elfImage(null));
    const bad = { code: 'BAD_INPUT', message: expect.stringContaining('there already') };
    await expect(extractFile(path, path, () => undefined, never)).rejects.toMatchObject(bad);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('leaves nothing of a damaged artifact, nor of one whose image is another', async () => {
    const image = elfImage(null);
    const { folder, path, bytes, described } = await artifactFile('ZSTD', image);
    const output = join(folder, 'image');
    described({ imageSha256: 'f'.repeat(64) });
    const damaged = { code: 'ARTIFACT_DAMAGED' };
    await expect(extractFile(path, output, () => undefined, never)).rejects.toMatchObject(damaged);
    expect(existsSync(output)).toBe(false);
    described({ imageSha256: digest(image) });
    bytes[20_000] = (bytes[20_000] as number) ^ 1;
    writeFileSync(path, bytes);
    await expect(extractFile(path, output, () => undefined, never)).rejects.toMatchObject(damaged);
    expect(existsSync(output)).toBe(false);
  });

  it('leaves nothing when it is ended', async () => {
    const { folder, path } = await artifactFile('ZSTD', elfImage(null));
    const output = join(folder, 'image');
    const control = new AbortController();
    const reason = new Error('enough');
    await expect(extractFile(path, output, () => control.abort(reason), control.signal)).rejects.toThrow();
    expect(existsSync(output)).toBe(false);
  });
});
