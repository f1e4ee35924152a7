import type { ArtifactFiles, InspectedFile } from '../artifact-files.ts';
import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { ProgressView } from '../progress-view.ts';
import { bytes, plain, table } from '../text.ts';

/** Shows how far work on a file is, not more often than a person can read. */
function fileProgress(console: Console, file: string, phase: string) {
  const view = new ProgressView(console);
  let shownAtMs = Number.NEGATIVE_INFINITY;
  const show = (percent: number, state: string) =>
    view.show({
      id: file,
      name: file.split('/').at(-1) ?? file,
      state,
      phase,
      message: file,
      progress: { percent, bytesPerSecond: null, secondsLeft: null },
    });
  return {
    progress(percent: number) {
      if (performance.now() - shownAtMs < 200) return;
      shownAtMs = performance.now();
      show(percent, 'RUNNING');
    },
    end: (state: string) => show(100, state),
  };
}

/** Compares an artifact on this machine with its manifest, without a server. */
export async function verifyFile(console: Console, files: ArtifactFiles, path: string) {
  const shown = fileProgress(console, path, 'verifying');
  const found = await files.verify(path, shown.progress);
  shown.end(found.damage === null ? 'COMPLETED' : 'FAILED');
  const { damage, imageSha256, expected } = found;
  print(console, { file: path, verified: damage === null, damage, sha256: expected, imageSha256 }, () => {
    if (damage !== null) return plain(`${path} is damaged: ${damage}`);
    const against =
      expected === null ? 'every frame is whole; there is no manifest beside it to compare with' : 'checksum matches';
    return plain(`${path}: verified, ${against}`);
  });
  return damage === null ? exitCodes.done : exitCodes.failed;
}

/** Says what a file is: from its headers and its manifest, without reading the memory in it. */
export async function inspect(console: Console, files: ArtifactFiles, path: string) {
  const found = await files.inspect(path);
  print(console, found, () => describe(found));
  return exitCodes.done;
}

function describe(found: InspectedFile): string {
  const { manifest } = found;
  const frames = found.frames === null ? '' : `, ${found.frames} frames`;
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ['File', `${found.file}, ${bytes(found.sizeBytes)}, ${found.compression.toLowerCase()}${frames}`],
    [
      'Image',
      `${found.format}, ${bytes(found.imageBytes)}${found.architecture === null ? '' : `, ${found.architecture}`}`,
    ],
    ['Kernel', found.kernel],
    ['Notes', found.notes.length === 0 ? null : found.notes.join(', ')],
    [
      'Machine',
      manifest &&
        `${manifest.machineName} (${manifest.machineId}) on ${manifest.host}${manifest.demo ? ', DEMO: simulated' : ''}`,
    ],
    ['Captured', manifest && `${new Date(manifest.capturedAtMs).toISOString()} by ${manifest.method}`],
    ['Dump', manifest?.id],
    ['SHA-256', manifest?.sha256],
    ['Manifest', manifest === null ? 'none beside it' : null],
    [
      'Open with',
      found.format === 'ELF'
        ? 'crash, drgn, gdb, Volatility 3 or readelf; `memoir extract` decompresses it first'
        : 'Volatility 3',
    ],
  ];
  const lines = facts.flatMap(([name, value]) => (value == null ? [] : [`${name.padEnd(10)} ${plain(value)}`]));
  const ranges = table(
    ['MEMORY FROM', 'TO'],
    found.memoryRanges.map(({ start, end }) => [start, end]),
  );
  return [...lines, ...(found.memoryRanges.length === 0 ? [] : [ranges])].join('\n');
}

/** Writes the uncompressed image of an artifact on this machine. */
export async function extract(console: Console, files: ArtifactFiles, path: string, output: string | undefined) {
  const target =
    output ?? (path.replace(/\.(zst|gz)$/, '') === path ? `${path}.image` : path.replace(/\.(zst|gz)$/, ''));
  const shown = fileProgress(console, path, 'extracting');
  const { sizeBytes, sha256, expected } = await files.extract(path, target, shown.progress, console.signal);
  shown.end('COMPLETED');
  const checked = expected === null ? 'every frame was checked' : 'SHA-256 as recorded';
  print(console, { file: path, output: target, sizeBytes, sha256, verified: expected !== null }, () =>
    plain(`${target}: ${bytes(sizeBytes)}, ${checked}`),
  );
  return exitCodes.done;
}
