import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { MemoirError } from '../../domain/memoir-error.ts';
import { isOwnHost } from '../../domain/own-host.ts';

// A webhook's address is somebody's wish, and the request goes out from inside of the network: without a guard it could be
// aimed at what only this host reaches (OWASP, "Server-Side Request Forgery Prevention").

/** Not of the public internet: IANA's special-purpose registries (RFC 6890 and its successors). */
const inner = new BlockList();
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  inner.addSubnet(address, bits, 'ipv4');
for (const [address, bits] of [
  ['::', 96],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
] as const)
  inner.addSubnet(address, bits, 'ipv6');

/** Addresses that hold an IPv4 address: mapped, NAT64 (RFC 6052, RFC 8215) and 6to4, and at which byte. */
const embedded: readonly { readonly prefix: string; readonly bits: number; readonly at: number }[] = [
  { prefix: '::ffff:0:0', bits: 96, at: 12 },
  { prefix: '64:ff9b::', bits: 96, at: 12 },
  { prefix: '64:ff9b:1::', bits: 48, at: 12 },
  { prefix: '2002::', bits: 16, at: 2 },
];

/** The sixteen bytes of an IPv6 address, as the URL parser spells it out. */
function bytesOf(address: string): number[] {
  const plain = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [front, back] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array<string>(zeros).fill('0'), ...back].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** Whether an address is one that only this network, or only this host, reaches. */
export function isInner(address: string): boolean {
  if (isIPv4(address)) return inner.check(address, 'ipv4');
  const bytes = bytesOf(address);
  for (const { prefix, bits, at } of embedded) {
    const list = new BlockList();
    list.addSubnet(prefix, bits, 'ipv6');
    if (list.check(address, 'ipv6')) return inner.check(bytes.slice(at, at + 4).join('.'), 'ipv4');
  }
  return inner.check(address, 'ipv6');
}

export interface AddressRules {
  /** Private networks are allowed. */
  readonly allowPrivate: boolean;
}

/** The address of a webhook, or BAD_INPUT with what is wrong with it. Says nothing yet of where a name leads. */
export function checkAddress(text: string, { allowPrivate }: AddressRules): URL {
  const refuse = (reason: string, hint?: string): never => {
    throw new MemoirError('BAD_INPUT', `the address ${reason}`, hint === undefined ? {} : { hint });
  };
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    return refuse('is not a URL such as https://example.com/hook');
  if (url.username !== '' || url.password !== '')
    return refuse('holds a name or password', 'The signature identifies the sender.');
  if (url.hash !== '') return refuse('ends with a fragment, which is never sent');
  // `http://2130706433`, `0x7f.1` and `127.1` are spellings of addresses that a reader does not recognize.
  const written = /^https?:[/\\]*(?:[^/\\?#@]*@)?(\[[^\]]*\]|[^:/\\?#]*)/i.exec(text.trim())?.[1]?.toLowerCase();
  if (isIPv4(url.hostname) && written !== url.hostname)
    return refuse(`is written in a form that hides ${url.hostname}`, 'Write the address in dotted decimals.');
  if (isOwnHost(url.hostname)) return url;
  if (url.protocol !== 'https:')
    return refuse('has to begin with https://', 'Plain http is for this host alone: localhost, 127.0.0.1 or [::1].');
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0 && !allowPrivate && isInner(literal))
    return refuse(`${literal} is one of a private network`, 'HOOKS_ALLOW_PRIVATE=on allows private networks.');
  return url;
}

/**
 * Where to connect to now. Names are looked up for each attempt, and the connection goes to the address that was looked at: a name
 * that changes its mind in between (DNS rebinding) changes nothing. HOOK_REFUSED for one that leads inside.
 */
export async function resolveAddress(
  url: URL,
  { allowPrivate }: AddressRules,
  resolve: (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]> = (name) =>
    lookup(name, { all: true, verbatim: true }),
): Promise<{ readonly address: string; readonly family: number }> {
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0) return { address: literal, family: isIP(literal) };
  const found = await resolve(url.hostname);
  const allowed = (address: string): boolean => {
    if (isOwnHost(url.hostname)) return ['127.0.0.1', '::1'].includes(address);
    return allowPrivate || !isInner(address);
  };
  // All of them: one inner address among the others is enough to be aimed at.
  const bad = found.find(({ address }) => !allowed(address));
  if (bad !== undefined)
    throw new MemoirError('HOOK_REFUSED', `${url.hostname} leads to ${bad.address}, which is of a private network`);
  const [first] = found;
  if (first === undefined) throw new MemoirError('HOOK_REFUSED', `${url.hostname} has no address`);
  return first;
}
