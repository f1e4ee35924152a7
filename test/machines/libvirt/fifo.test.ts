import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Fifo, removeFifo } from '../../../src/machines/libvirt/core-dump/fifo.ts';
import { privatePlace } from '../../../src/machines/libvirt/meeting-place.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const place = () => privatePlace('memory.fifo', [temporaryFolder()]);

describe('a FIFO', () => {
  it('that nobody writes into holds up no other file: four would take all threads of libuv if they blocked', async () => {
    const fifos = await Promise.all(Array.from({ length: 8 }, () => Fifo.open(place())));
    expect((await readFile(import.meta.filename)).length).toBeGreaterThan(0);
    await Promise.all(fifos.map((fifo) => fifo.close()));
  });

  it('brings what is written and ends with its writer, not before', async () => {
    const where = place();
    const fifo = await Fifo.open(where);
    const chunks: Buffer[] = [];
    fifo.reading.on('data', (chunk) => chunks.push(chunk));
    const ended = once(fifo.reading, 'end');
    spawn('dd', ['if=/dev/zero', `of=${where.path}`, 'bs=64K', 'count=16', 'status=none'], { stdio: 'ignore' });
    await ended;
    expect(Buffer.concat(chunks)).toHaveLength(1 << 20);
    await fifo.close();
    expect(existsSync(where.folder)).toBe(false);
  });

  it('whose reader closes ends its writer', async () => {
    const where = place();
    const fifo = await Fifo.open(where);
    const writer = spawn('dd', ['if=/dev/zero', `of=${where.path}`, 'bs=64K', 'status=none'], { stdio: 'ignore' });
    const gone = once(writer, 'exit');
    await once(fifo.reading, 'data');
    await fifo.close();
    const [, signal] = await gone;
    expect(signal).toBe('SIGPIPE');
  });

  it('that a dead server left is removed, and a writer that waits for a reader is let go', async () => {
    const where = place();
    const fifo = await Fifo.open(where);
    fifo.reading.destroy();
    await once(fifo.reading, 'close');
    const writer = spawn('dd', ['if=/dev/zero', `of=${where.path}`, 'bs=64K', 'count=1000', 'status=none'], {
      stdio: 'ignore',
    });
    await once(writer, 'spawn');
    const gone = once(writer, 'exit');
    // It may not have come to its open yet; the folder is gone then, and it fails on that.
    await removeFifo(where);
    await gone;
    expect(existsSync(where.folder)).toBe(false);
    await removeFifo(where);
  });
});
