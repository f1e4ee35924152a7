#!/usr/bin/env node
// The old tool's command: the same arguments, as a command of this one.
process.argv.splice(2, 0, 'zupee-memwatch');
await import('./memoir.mjs');
