/*
 * What is evaluated inside of a target, as text: it has to run on Node.js 12, without modules of ours, and leaves nothing
 * behind. `includeCommandLineAPI` gives it `require` also in programs of ECMAScript modules.
 */

/** Memory of the process, of its heap, and of the cgroups that it is in: as JSON. */
export const memoryProgram = `(() => {
  const get = (name) => process.getBuiltinModule ? process.getBuiltinModule(name) : require(name);
  const fs = get('fs'), v8 = get('v8');
  const read = (file) => { try { return fs.readFileSync(file, 'utf8').trim(); } catch (error) { return null; } };
  const limits = [];
  const look = (folder, limitFile, usedFile) => {
    const limit = read(folder + '/' + limitFile), used = read(folder + '/' + usedFile);
    if (limit === null || used === null || !(Number(limit) < 2 ** 60)) return;
    const stat = /^(?:total_)?inactive_file (\\d+)$/m.exec(read(folder + '/memory.stat') || '');
    limits.push({ limitBytes: Number(limit), usedBytes: Number(used), reclaimableBytes: stat ? Number(stat[1]) : 0 });
  };
  for (const line of (read('/proc/self/cgroup') || '').split('\\n')) {
    const parts = line.split(':'), path = parts.slice(2).join(':');
    const v2 = parts[0] === '0' && parts[1] === '';
    if (!v2 && !(parts[1] || '').split(',').includes('memory')) continue;
    const roots = v2 ? ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'] : ['/sys/fs/cgroup/memory'];
    const names = v2 ? ['memory.max', 'memory.current'] : ['memory.limit_in_bytes', 'memory.usage_in_bytes'];
    for (const root of roots) {
      for (let at = path.replace(/\\/+$/, ''); ; at = at.slice(0, at.lastIndexOf('/'))) {
        look(root + at, names[0], names[1]);
        if (at === '') break;
      }
    }
  }
  const meminfo = /^MemAvailable:\\s+(\\d+) kB$/m.exec(read('/proc/meminfo') || '');
  return JSON.stringify({
    nodeVersion: process.version,
    pid: process.pid,
    uptimeSec: process.uptime(),
    usage: process.memoryUsage(),
    heap: v8.getHeapStatistics(),
    limits,
    machineAvailableBytes: meminfo ? Number(meminfo[1]) * 1024 : null,
  });
})()`;

const leaseKey = `Symbol.for('memoir.inspector-lease')`;

/*
 * `inspector.close()` with a session still connected can crash the target (seen with Node 20 and 24), so it is called only
 * when ours is gone for certain. That a session is gone shows in what it alone held: an object that its answer named.
 */

/**
 * Lets the target close its inspector by itself when the session that evaluated this is gone, so that a server that was
 * killed leaves nothing open for long. Answers the object that the session holds: do not ask for it by value.
 */
export const leaseProgram = (checkMs: number): string => `(() => {
  const inspector = process.getBuiltinModule ? process.getBuiltinModule('inspector') : require('inspector');
  const token = {}, key = ${leaseKey};
  if (typeof WeakRef === 'undefined') return token;
  const held = new WeakRef(token);
  const timer = setInterval(() => {
    if (held.deref() !== undefined) return;
    clearInterval(timer);
    delete globalThis[key];
    inspector.close();
  }, ${checkMs});
  timer.unref();
  Object.defineProperty(globalThis, key, { value: timer, configurable: true, enumerable: false });
  return token;
})()`;

/** What the target waits for the session to end before it closes its inspector; a whole turn of its loop comes on top. */
export const releaseDelayMs = 500;

/** Ends the lease, and closes the inspector soon after: until then the session has to be gone. */
export const releaseProgram = (close: boolean): string => `(() => {
  const inspector = process.getBuiltinModule ? process.getBuiltinModule('inspector') : require('inspector');
  const key = ${leaseKey};
  clearInterval(globalThis[key]);
  delete globalThis[key];
  if (${close}) setTimeout(() => setImmediate(() => setTimeout(() => inspector.close(), 50)), ${releaseDelayMs});
})()`;
