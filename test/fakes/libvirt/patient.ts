/** How long `expect.poll` may take on a machine that has much else to do; by itself it gives up after a second. */
export const patient = { timeout: 20_000 } as const;
