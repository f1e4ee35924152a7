/** It has nothing to do between two questions, so it does not wait long for the next. */
const idleMs = 30_000;

/** Its first line: whoever does not say it is not Node.js, or did not start. */
export const greeting = 'memoir-look-1';

/**
 * What runs inside of a container to look at its processes, since a cluster shows none of them from outside. It reads a question
 * in JSON from each line of its standard input and answers in a line; it ends with its input, or when nothing is asked for a
 * while. Nothing is written. Runs on Node.js 12, and on Bun, to be able to say so.
 *
 * - `list`: the processes of this container whose executable is a JavaScript runtime.
 * - `facts PID`: what /proc says of one.
 * - `ports PID`: its sockets, and the kernel's table of those that listen.
 * - `signal PID TICK`: SIGUSR1, if it is still the process that started at that tick and expects the signal.
 *
 * A process of another user may be looked at as that user only (ptrace(2), PTRACE_MODE_READ), which root may become.
 */
export const lookProgram = `
const fs = require('fs');
const idle = setTimeout(() => process.exit(0), ${idleMs});
const kinds = new Map();
const own = { isNode: !process.versions.bun && !process.versions.deno, version: process.versions.node,
  other: process.versions.bun ? 'Bun' : process.versions.deno ? 'Deno' : null };
if (!own.isNode) own.version = null;
const text = (path) => { try { return fs.readFileSync(path, 'latin1'); } catch (error) { return ''; } };
const asOwner = (pid, look) => {
  try { return look(); } catch (error) {
    const ids = /^Uid:\\s+(\\d+)[^]*^Gid:\\s+(\\d+)/m.exec(text('/proc/' + pid + '/status'));
    if (ids === null || process.geteuid() !== 0 || ids[1] === '0') throw error;
    const group = process.getegid();
    process.setegid(Number(ids[2]));
    process.seteuid(Number(ids[1]));
    try { return look(); } finally { process.seteuid(0); process.setegid(group); }
  }
};
const scan = (path) => {
  const file = fs.openSync(path, 'r');
  try {
    const size = fs.fstatSync(file).size, block = Buffer.alloc(1048576 + 256);
    const kind = { isNode: false, version: null, other: null };
    if (size < 8388608 || size > 1073741824) return kind;
    for (let at = 0; at < size && !(kind.isNode && kind.version); at += 1048576) {
      const bytes = block.slice(0, fs.readSync(file, block, 0, block.length, at));
      if (bytes.includes('_ZN4node5Start')) kind.isNode = true;
      if (bytes.includes('bun.report/')) kind.other = 'Bun';
      if (bytes.includes('deno.land/')) kind.other = kind.other || 'Deno';
      const found = kind.version ? -1 : bytes.indexOf('nodejs.org/download/release/v');
      if (found >= 0) kind.version = (/release\\/v(\\d+\\.\\d+\\.\\d+)/.exec(bytes.toString('latin1', found, found + 80)) || [])[1] || null;
    }
    if (kind.isNode) kind.other = null; else kind.version = null;
    return kind;
  } finally { fs.closeSync(file); }
};
const kindOf = (pid) => asOwner(pid, () => {
  const self = fs.statSync('/proc/self/exe'), exe = fs.statSync('/proc/' + pid + '/exe');
  if (self.dev === exe.dev && self.ino === exe.ino) return own;
  const library = /\\s(\\/\\S*\\/libnode\\.so[.\\d]*)$/m.exec(text('/proc/' + pid + '/maps'));
  const path = library === null ? '/proc/' + pid + '/exe' : library[1];
  const stat = fs.statSync(path), key = stat.dev + ':' + stat.ino + ':' + stat.size + ':' + stat.mtimeMs;
  if (!kinds.has(key)) kinds.set(key, scan(path));
  return kinds.get(key);
});
const boot = text('/proc/sys/kernel/random/boot_id');
const facts = (pid) => {
  const of = (name) => fs.readFileSync('/proc/' + pid + '/' + name, 'latin1').slice(0, 65536);
  return { pid, stat: of('stat'), status: of('status'), commandLine: Buffer.from(of('cmdline').slice(0, 4096), 'latin1').toString(), boot };
};
const quiet = (look) => { try { return look(); } catch (error) { return null; } };
const mounts = quiet(() => fs.readlinkSync('/proc/self/ns/mnt'));
const questions = {
  list: () => {
    const found = [];
    let hidden = 0;
    for (const name of fs.readdirSync('/proc')) {
      const pid = Number(name);
      if (!(pid > 0) || pid === process.pid) continue;
      const place = quiet(() => asOwner(pid, () => fs.readlinkSync('/proc/' + pid + '/ns/mnt')));
      if (place !== null && place !== mounts) continue;
      const kind = quiet(() => kindOf(pid));
      if (kind === null && text('/proc/' + pid + '/cmdline') !== '') hidden++;
      if (kind === null || (!kind.isNode && kind.other === null)) continue;
      const texts = quiet(() => facts(pid));
      if (texts !== null && found.length < 500) found.push({ kind, texts });
    }
    return { found, hidden };
  },
  facts: (pid) => quiet(() => facts(pid)),
  ports: (pid) => asOwner(pid, () => {
    const sockets = [];
    for (const name of fs.readdirSync('/proc/' + pid + '/fd')) {
      const link = quiet(() => fs.readlinkSync('/proc/' + pid + '/fd/' + name)) || '';
      const inode = /^socket:\\[(\\d+)\\]$/.exec(link);
      if (inode !== null) sockets.push(inode[1]);
    }
    const held = new Set(sockets), lines = [];
    for (const table of ['tcp', 'tcp6'])
      for (const line of text('/proc/' + pid + '/net/' + table).split('\\n')) {
        const words = line.trim().split(/\\s+/);
        if (words[3] === '0A' && held.has(words[9]) && lines.length < 500) lines.push(line);
      }
    return { sockets: lines.map((line) => line.trim().split(/\\s+/)[9]), tables: lines.join('\\n') };
  }),
  signal: (pid, tick) => {
    const { stat, status } = facts(pid), mask = /^SigCgt:\\s*([0-9a-f]+)/m.exec(status);
    const caught = mask !== null && (parseInt(mask[1].slice(-4), 16) & 512) !== 0;
    if (!caught || stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] !== tick) throw new Error('it changed');
    process.kill(pid, 'SIGUSR1');
    return true;
  },
};
const say = (value) => fs.writeSync(1, JSON.stringify(value) + '\\n');
let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).on('data', (piece) => {
  idle.refresh();
  const lines = (rest + piece).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    try {
      const words = JSON.parse(line), name = words.shift();
      say({ answer: questions[name].apply(null, words) });
    } catch (error) { say({ error: String(error && error.message).slice(0, 300) }); }
  }
});
say('${greeting}');
`;
