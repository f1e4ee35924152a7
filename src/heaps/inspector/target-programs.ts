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
 * when nobody is connected for certain. The kernel's table of connections says so; what the session alone held says it where
 * there is no such table, as soon as the collector has run, which in an idle process may be never.
 */

/** A target that found its session gone looks again soon: until it has, whoever reaches its port may debug it. */
const secondLookMs = 500;

/**
 * Lets the target close its inspector by itself when the session that evaluated this is gone, so that a server that was
 * killed leaves nothing open for long. Answers the object that the session holds: do not ask for it by value.
 */
export const leaseProgram = (checkMs: number): string => `(() => {
  const get = (name) => process.getBuiltinModule ? process.getBuiltinModule(name) : require(name);
  const inspector = get('inspector'), fs = get('fs');
  const token = {}, key = ${leaseKey};
  const held = typeof WeakRef === 'undefined' ? null : new WeakRef(token);
  let alone = 0;
  const end = () => {
    clearInterval(timer);
    if (globalThis[key] !== timer) return;
    delete globalThis[key];
    inspector.close();
  };
  const look = () => {
    if (held !== null && held.deref() === undefined) return end();
    const port = /:(\\d+)\\//.exec(inspector.url() || '');
    if (port === null) return clearInterval(timer);
    // Local port in hexadecimal, any peer, state 01: established.
    const connected = new RegExp(':' + ('000' + Number(port[1]).toString(16)).slice(-4) + ' [0-9A-F]+:[0-9A-F]{4} 01 ', 'i');
    fs.readFile('/proc/self/net/tcp', 'latin1', (error, first) => {
      fs.readFile('/proc/self/net/tcp6', 'latin1', (_, second) => {
        alone = error || connected.test(first) || connected.test(second || '') ? 0 : alone + 1;
        // Twice, so that the end of the session has arrived.
        if (alone > 1) end();
        else if (alone === 1) setTimeout(look, ${secondLookMs}).unref();
      });
    });
  };
  const timer = setInterval(look, ${checkMs});
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
