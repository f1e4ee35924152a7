/**
 * Whether there is time for what rarely finds anything that a shorter form, or a test of a part, does not: with REQUIRE_SYSTEM=1, as CI runs. The
 * everyday run on a machine without system components is to stay short.
 */
export const thorough = process.env.REQUIRE_SYSTEM === '1';
