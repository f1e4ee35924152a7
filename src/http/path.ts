/** The path of a request's target as the router reads it, without its query; null for one that cannot be decoded. */
export function decodedPath(url: string | undefined): string | null {
  try {
    return decodeURIComponent((url ?? '/').replace(/\?.*/s, ''));
  } catch {
    return null;
  }
}

/** Whether a path leads to the API, or to a file: to no page that a person visits. */
export const isOfMachines = (path: string): boolean => /^\/+(api|graphql|assets)(\/|$)/i.test(path);
