import { chance } from './chance.ts';

/** What a page may hold, but zeros. */
export type PageKind = 'TEXT' | 'CODE' | 'HEAP' | 'RANDOM';

/** Bytes of each kind to cut pages from, at any multiple of 16. */
export type PagePools = Readonly<Record<PageKind, Buffer>>;

const poolBytes = 1 << 20;

/** Makes the pools once: pages are then copied, at the speed of memory, instead of made byte by byte. */
export function createPagePools(seed: number): PagePools {
  return { TEXT: textPool(seed), CODE: codePool(seed), HEAP: heapPool(seed), RANDOM: randomPool(seed) };
}

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

/** Lines of a log. */
function textPool(seed: number): Buffer {
  const lines: string[] = [];
  for (let line = 0, length = 0; length < poolBytes; line++) {
    const dice = chance(seed, line, 1);
    const clock = [line / 3600, (line / 60) % 60, line % 60].map((part) => String(Math.trunc(part)).padStart(2, '0'));
    const service = services[dice % services.length];
    const event = events[(dice >>> 8) % events.length];
    const text = `Jan 12 ${clock.join(':')} host ${service}[${dice & 0x7fff}]: ${event} (${dice.toString(16)})\n`;
    lines.push(text);
    length += text.length;
  }
  return Buffer.from(lines.join(''), 'latin1').subarray(0, poolBytes);
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

function codePool(seed: number): Buffer {
  const pool = Buffer.alloc(poolBytes);
  for (let at = 0, number = 0; at < poolBytes - 16; number++) {
    const dice = chance(seed, number, 2);
    const bytes = instructions[dice % instructions.length] as readonly number[];
    for (let index = 0; index < bytes.length; index++) pool[at + index] = bytes[index] as number;
    if (bytes.length >= 5) pool.writeInt32LE((dice >> 14) << 2, at + bytes.length - 4);
    at += bytes.length;
  }
  return pool;
}

/** Structures of eight-byte words: pointers into a heap, small counts, flags, empty words. */
function heapPool(seed: number): Buffer {
  const pool = Buffer.alloc(poolBytes);
  for (let at = 0; at < poolBytes; at += 8) {
    const dice = chance(seed, at, 3);
    const sort = dice & 7;
    if (sort < 3) {
      pool.writeUInt32LE((dice & 0x03ff_fff0) >>> 0, at);
      pool.writeUInt32LE(0xffff_8880, at + 4);
    } else if (sort < 5) pool.writeUInt32LE((dice >>> 8) & 0xff, at);
    else if (sort === 5) pool.writeUInt32LE(dice, at);
  }
  return pool;
}

/** Four times as large as the others, so that it does not look alike to a compressor: it stands for what is compressed or encrypted. */
function randomPool(seed: number): Buffer {
  const words = new Uint32Array(poolBytes);
  for (let index = 0; index < words.length; index++) words[index] = chance(seed, index, 4);
  return Buffer.from(words.buffer);
}
