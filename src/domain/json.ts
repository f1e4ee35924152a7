/** What survives JSON: the only values that requests, results and event payloads may hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
