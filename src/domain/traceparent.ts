/** W3C Trace Context §3.2, version 00: trace id, parent id, flags; neither id is all zeros. */
export const traceparentPattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
