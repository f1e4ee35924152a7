import { readFileSync } from 'node:fs';

// Loaded before a server, on each of its threads: its wall clock is ahead of the machine's by as many milliseconds as the file
// CLOCK_FILE says, from a moment after it says so. The clocks that nobody sets stay as they are.

const file = process.env.CLOCK_FILE as string;
const RealDate = Date;
let aheadMs = 0;
let lookedAtMs = Number.NEGATIVE_INFINITY;

function now(): number {
  if (performance.now() - lookedAtMs > 20) {
    lookedAtMs = performance.now();
    aheadMs = Number(readFileSync(file, 'utf8'));
  }
  return RealDate.now() + aheadMs;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});
