/** Whether the host of a URL is this machine, as somebody wrote it on purpose; no other spelling and no name that leads here counts. */
export const isOwnHost = (hostname: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
