/** Longer than the pause between two signs of life of a session. */
const idleMs = 120_000;

/**
 * What runs inside of a container for each connection: joins its standard input and output to a port of the loopback. It ends
 * with its standard input, with the connection, or when nothing came for a while; nothing is written. Runs on Node.js 12.
 */
export const tunnelProgram = (port: number): string => `
const socket = require('net').connect(${port}, '127.0.0.1');
const idle = setTimeout(() => process.exit(0), ${idleMs});
process.stdin.on('data', () => idle.refresh()).on('end', () => process.exit(0)).pipe(socket);
socket.on('error', () => process.exit(1)).on('close', () => process.exit(0)).pipe(process.stdout);
process.stdout.on('error', () => process.exit(0));
`;

/** A tunnel needs little, and its memory counts as the container's. */
export const tunnelFlags = ['--max-old-space-size=16', '--max-semi-space-size=1', '-e'];
