/** Numbers that look random and are always the same (Park and Miller). */
export function randomSource(seed: number): { below(limit: number): number } {
  let state = seed % 2_147_483_647 || 1;
  return {
    below(limit) {
      state = (state * 48_271) % 2_147_483_647;
      return state % limit;
    },
  };
}
