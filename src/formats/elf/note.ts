import { FormatError } from '../format-error.ts';

/** One note of a core file. The name is without its NUL. */
export interface CoreNote {
  readonly name: string;
  readonly type: number;
  readonly desc: Uint8Array;
}

/** Note header: namesz (4), descsz (4), type (4), in both classes of ELF. */
const NOTE_HEADER_SIZE = 12;

/** The most notes that are read: four per processor on the largest guests, and a stranger cannot ask for more memory. */
const NOTES_MAX = 65_536;

const padded = (size: number): number => Math.ceil(size / 4) * 4;

/** The exact size of a note, its padding included. */
export function noteSize(name: string, descSize: number): number {
  return NOTE_HEADER_SIZE + padded(name.length + 1) + padded(descSize);
}

/** The exact size of several notes: the room that a layout needs for them. */
export function notesSize(notes: readonly CoreNote[]): number {
  return notes.reduce((sum, { name, desc }) => sum + noteSize(name, desc.length), 0);
}

/** Writes notes one after another to the start of `target`, which has room for them; returns how many bytes they took. */
export function writeNotes(target: Uint8Array, notes: readonly CoreNote[]): number {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  let at = 0;
  for (const { name, type, desc } of notes) {
    view.setUint32(at, name.length + 1, true); // namesz counts the NUL
    view.setUint32(at + 4, desc.length, true);
    view.setUint32(at + 8, type, true);
    for (let i = 0; i < name.length; i++) target[at + NOTE_HEADER_SIZE + i] = name.charCodeAt(i);
    target.set(desc, at + NOTE_HEADER_SIZE + padded(name.length + 1));
    at += noteSize(name, desc.length);
  }
  return at;
}

/** Reads the notes that fill `bytes`; `offset` is where these lie in the file, for errors. The descriptions are copies. */
export function readNotes(bytes: Uint8Array, offset: number): CoreNote[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const notes: CoreNote[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (notes.length === NOTES_MAX) throw new FormatError('TOO_LARGE', offset + at, `more than ${NOTES_MAX} notes`);
    if (bytes.length - at < NOTE_HEADER_SIZE) throw new FormatError('CORRUPT', offset + at, 'a note is cut short');
    const nameSize = view.getUint32(at, true);
    const descSize = view.getUint32(at + 4, true);
    const nameAt = at + NOTE_HEADER_SIZE;
    const descAt = nameAt + padded(nameSize);
    if (descAt + descSize > bytes.length)
      throw new FormatError(
        'CORRUPT',
        offset + at,
        `a note of ${nameSize} and ${descSize} bytes is longer than its segment`,
      );
    const name = String.fromCharCode(...bytes.subarray(nameAt, nameAt + Math.min(nameSize, 64))).replace(/\0.*$/s, '');
    notes.push({ name, type: view.getUint32(at + 8, true), desc: bytes.slice(descAt, descAt + descSize) });
    at = descAt + padded(descSize);
  }
  return notes;
}
