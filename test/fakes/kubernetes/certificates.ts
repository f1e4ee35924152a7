import { createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

/*
 * Certificates for servers of the tests, written as X.690 and RFC 5280 have them: Node.js reads certificates and makes none.
 */

const tlv = (tag: number, ...content: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  const length =
    body.length < 128
      ? Buffer.of(body.length)
      : body.length < 256
        ? Buffer.of(0x81, body.length)
        : Buffer.of(0x82, body.length >> 8, body.length & 255);
  return Buffer.concat([Buffer.of(tag), length, body]);
};
const sequence = (...content: readonly Buffer[]): Buffer => tlv(0x30, ...content);
const integer = (bytes: Buffer): Buffer => tlv(0x02, bytes);
const bits = (bytes: Buffer): Buffer => tlv(0x03, Buffer.of(0), bytes);
const octets = (bytes: Buffer): Buffer => tlv(0x04, bytes);
const objectId = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'));
const utcTime = (date: Date): Buffer =>
  tlv(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`, 'latin1'));
const name = (text: string): Buffer => sequence(tlv(0x31, sequence(objectId('550403'), tlv(0x0c, Buffer.from(text)))));

const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));
const basicConstraints = '551d13';
const subjectAltName = '551d11';
const yes = tlv(0x01, Buffer.of(0xff));

interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
}

function certificate(subject: string, publicKey: KeyObject, issuer: Issuer, extensions: readonly Buffer[]): string {
  const day = 86_400_000;
  const serial = Buffer.concat([Buffer.of(1), randomBytes(8)]);
  const content = sequence(
    tlv(0xa0, integer(Buffer.of(2))),
    integer(serial),
    ecdsaWithSha256,
    name(issuer.name),
    sequence(utcTime(new Date(Date.now() - day)), utcTime(new Date(Date.now() + 30 * day))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  );
  const signature = createSign('sha256').update(content).sign(issuer.key);
  const whole = sequence(content, ecdsaWithSha256, bits(signature)).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${whole.match(/.{1,64}/g)?.join('\n')}\n-----END CERTIFICATE-----\n`;
}

export interface ServerCertificate {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** An authority that nobody knows, and a certificate of its for 127.0.0.1. */
export function makeCertificate(): ServerCertificate {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { name: 'the tests’ authority', key: authority.privateKey };
  const isAuthority = sequence(objectId(basicConstraints), yes, octets(sequence(yes)));
  const address = sequence(objectId(subjectAltName), octets(sequence(tlv(0x87, Buffer.of(127, 0, 0, 1)))));
  return {
    ca: certificate(issuer.name, authority.publicKey, issuer, [isAuthority]),
    cert: certificate('kube-apiserver', server.publicKey, issuer, [address]),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
