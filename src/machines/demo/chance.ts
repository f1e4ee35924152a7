/** A number of 32 bits that depends on all of its arguments and looks like nothing: the demo's only source of variety. */
export function chance(a: number, b: number, c = 0): number {
  // Multiply and shift in turn, as integer hashes do; the constants are odd with bits all over (golden ratio first).
  let hash = Math.imul(a ^ 0x9e3779b9, 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 15) ^ b, 0x297a2d39);
  hash = Math.imul(hash ^ (hash >>> 12) ^ c, 0x6a09e667);
  hash = Math.imul(hash ^ (hash >>> 15), 0x3c6ef373);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A machine's own number, from its id. */
export function seedOf(id: string): number {
  let seed = 0;
  for (const character of id) seed = chance(seed, character.charCodeAt(0));
  return seed;
}
