import { idTimeMs, isUuid } from '../../domain/id.ts';
import type { Json } from '../../domain/json.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { isNameOf, namesOf } from '../../domain/table.ts';
import { captureMethods } from '../../machines/capture.ts';
import type { StoredArtifact } from '../../storage/artifact-store.ts';
import { compressions, imageFormats } from '../dump-request.ts';
import { type Manifest, readManifest } from '../manifest.ts';

type Check = (value: unknown) => boolean;

const text =
  (longest: number): Check =>
  (value) =>
    typeof value === 'string' && value.length <= longest;
const uuid: Check = (value) => typeof value === 'string' && isUuid(value);
const digest: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const whole: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const amount: Check = (value) => Number.isFinite(value) && Number(value) >= 0;
const oneOf =
  (table: object): Check =>
  (value) =>
    isNameOf(table, value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

/** How far the clock of the server that made an id may have been ahead. */
const aheadMs = 400 * 86_400_000;

/** Every field that the catalogue is made of. A name of a machine has at most 255 bytes at its hypervisor. */
const fields: { readonly [F in keyof Manifest]?: Check } = {
  id: uuid,
  host: text(255),
  machineId: uuid,
  machineName: text(512),
  vmid: text(64),
  demo: (value) => typeof value === 'boolean',
  actor: text(200),
  method: oneOf(captureMethods),
  methodReason: text(2000),
  format: oneOf(imageFormats),
  compression: oneOf(compressions),
  guestPauseMs: orNull(amount),
  startedAtMs: whole,
  capturedAtMs: whole,
  committedAtUs: whole,
  rawSizeBytes: whole,
  durationSec: amount,
  sizeBytes: whole,
  sha256: digest,
  imageSha256: orNull(digest),
  ctime: whole,
  mtime: whole,
  atime: whole,
};

/**
 * A manifest as it may enter the catalogue: anybody who can write to the dump folder can write one. ARTIFACT_DAMAGED says
 * what is wrong with it. Nothing in it says where the artifact is: that is where it was found.
 */
export function checkManifest(json: Json | null, { key, sizeBytes, location }: StoredArtifact): Manifest {
  const refuse = (what: string): never => {
    throw new MemoirError('ARTIFACT_DAMAGED', what);
  };
  const manifest = readManifest(json) ?? refuse('it is no manifest of a dump, or one of a later version');
  for (const field of namesOf(fields)) if (!fields[field]?.(manifest[field])) refuse(`its "${field}" is invalid`);
  // The first 48 bits of a UUIDv7 are a time: new ids would have to come after one that lies ahead.
  const { id, machineId, format, compression } = manifest;
  if (id[14] === '7' && idTimeMs(id) > Date.now() + aheadMs) refuse('its "id" is of a time that has not come');
  const extension = `${imageFormats[format].extension}${compressions[compression].extension}`;
  const isNamed = /^\d{8}T\d{6}Z$/.test(key.file.slice(0, 16)) && key.file.slice(16) === `_${id}.${extension}`;
  if (!isNamed || key.folder !== machineId || manifest.folder !== key.folder || manifest.file !== key.file)
    refuse('it is the manifest of another artifact');
  if (manifest.sizeBytes !== sizeBytes)
    refuse(`it says ${manifest.sizeBytes} bytes, and the artifact has ${sizeBytes}`);
  return { ...manifest, location };
}
