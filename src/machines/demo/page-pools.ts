import { chance } from './chance.ts';

/** What a page may hold, but zeros. */
export type PageKind = 'TEXT' | 'CODE' | 'HEAP' | 'RANDOM';

const poolBytes = 1 << 19;
const makers: Readonly<Record<PageKind, () => Buffer>> = {
  TEXT: textPool,
  CODE: codePool,
  HEAP: heapPool,
  RANDOM: randomPool,
};
const pools: Partial<Record<PageKind, Buffer>> = {};

/**
 * Bytes of the kind to cut pages from, at any multiple of 16: a page is copied, at the speed of memory, instead of made byte by
 * byte. They are made once, for all machines; which part of them a page has is the machine's own.
 */
export function pagePool(kind: PageKind): Buffer {
  pools[kind] ??= makers[kind]();
  return pools[kind];
}

const seed = 1;
const services = ['sshd', 'nginx', 'postgres', 'systemd', 'cron', 'kernel', 'dovecot', 'shop'];
const events = [
  'session opened for user deploy',
  'GET /cart/items HTTP/1.1 200',
  'checkpoint complete: wrote buffers',
  'Started Daily clean-up of temporary directories.',
  'order accepted, waiting for payment',
  'connection from 10.0.0.7 closed',
  'eth0: link becomes ready',
  'POST /checkout HTTP/1.1 303',
];

const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

/** Lines of a log. */
function textPool(): Buffer {
  const pool = Buffer.alloc(poolBytes);
  for (let line = 0, at = 0; at < poolBytes; line++) {
    const dice = chance(seed, line, 1);
    const clock = `${twoDigits[(line / 3600) | 0]}:${twoDigits[((line / 60) | 0) % 60]}:${twoDigits[line % 60]}`;
    const service = services[dice % services.length];
    const event = events[(dice >>> 8) % events.length];
    at += pool.write(
      `Jan 12 ${clock} host ${service}[${dice & 0x7fff}]: ${event} (${dice.toString(16)})\n`,
      at,
      'latin1',
    );
  }
  return pool;
}

/** Instructions as compilers emit them most, each as its bytes; `00` in the last four places stands for an operand. */
const instructions: readonly (readonly number[])[] = [
  [0x48, 0x89, 0xe5], // mov rbp, rsp
  [0x55], // push rbp
  [0x53], // push rbx
  [0x48, 0x83, 0xec, 0x18], // sub rsp, 0x18
  [0x48, 0x8b, 0x05, 0, 0, 0, 0], // mov rax, [rip + operand]
  [0x48, 0x8d, 0x3d, 0, 0, 0, 0], // lea rdi, [rip + operand]
  [0xe8, 0, 0, 0, 0], // call operand
  [0x85, 0xc0], // test eax, eax
  [0x74, 0x12], // je +0x12
  [0x0f, 0x84, 0, 0, 0, 0], // je operand
  [0x31, 0xc0], // xor eax, eax
  [0x48, 0x8b, 0x47, 0x28], // mov rax, [rdi + 0x28]
  [0x5b, 0x5d, 0xc3], // pop rbx; pop rbp; ret
  [0x0f, 0x1f, 0x44, 0x00, 0x00], // nop
];

function codePool(): Buffer {
  const pool = new Uint8Array(poolBytes);
  for (let at = 0, number = 0; at < poolBytes - 16; number++) {
    const dice = chance(seed, number, 2);
    const bytes = instructions[dice % instructions.length] as readonly number[];
    for (let index = 0; index < bytes.length; index++) pool[at + index] = bytes[index] as number;
    at += bytes.length;
    if (bytes.length < 5) continue;
    // An operand of 24 bits, in multiples of four.
    pool[at - 4] = (dice >>> 14) << 2;
    pool[at - 3] = dice >>> 20;
    pool[at - 2] = dice >>> 28;
  }
  return Buffer.from(pool.buffer);
}

/** Structures of eight-byte words: pointers into a heap, small counts, flags, empty words. */
function heapPool(): Buffer {
  const words = new Uint32Array(poolBytes / 4);
  for (let at = 0; at < words.length; at += 2) {
    const dice = chance(seed, at, 3);
    const sort = dice & 7;
    if (sort < 3) {
      words[at] = dice & 0x03ff_fff0;
      words[at + 1] = 0xffff_8880;
    } else if (sort < 5) words[at] = (dice >>> 8) & 0xff;
    else if (sort === 5) words[at] = dice;
  }
  return Buffer.from(words.buffer);
}

/** Eight times as large as the others, so that it does not look alike to a compressor: it stands for what is compressed or encrypted. */
function randomPool(): Buffer {
  const words = new Uint32Array(2 * poolBytes);
  for (let index = 0; index < words.length; index++) words[index] = chance(seed, index, 4);
  return Buffer.from(words.buffer);
}
