import { describe, expect, it } from 'vitest';
import { checkAddress, isInner, resolveAddress } from '../../src/notifications/webhook/address-guard.ts';

const strict = { allowPrivate: false };

describe('the address of a webhook', () => {
  it.each([
    ['https://example.com/hook'],
    ['https://example.com:8443/hook?x=1'],
    ['https://8.8.8.8/'],
    ['https://[2606:4700::1111]/'],
    ['http://localhost:3000/'],
    ['http://127.0.0.1:3000/'],
    ['http://[::1]:3000/'],
  ])('is taken: %s', (text) => {
    expect(checkAddress(text, strict).href).toBe(new URL(text).href);
  });

  it.each([
    ['http://example.com/', /begin with https/],
    ['ftp://example.com/', /not a URL/],
    ['nonsense', /not a URL/],
    ['https://user:secret@example.com/', /name or password/],
    ['https://example.com/#x', /fragment/],
    ['https://10.1.2.3/', /private network/],
    ['https://172.31.255.255/', /private network/],
    ['https://192.168.0.1/', /private network/],
    ['https://169.254.169.254/latest/meta-data/', /private network/],
    ['https://100.100.100.200/', /private network/],
    ['https://0.0.0.0/', /private network/],
    ['https://127.0.0.2/', /private network/],
    // 192.168.0.1 and 127.0.0.1 in the spellings that inet_aton knows.
    ['https://3232235521/', /hides 192\.168\.0\.1/],
    ['https://0xc0a80001/', /hides 192\.168\.0\.1/],
    ['https://0300.0250.0.1/', /hides 192\.168\.0\.1/],
    ['https://192.168.1/', /hides 192\.168\.0\.1/],
    ['http://2130706433/', /hides 127\.0\.0\.1/],
    ['http://127.1/', /hides 127\.0\.0\.1/],
    ['http:\\\\127.1/', /hides 127\.0\.0\.1/],
    ['https://１２７.0.0.1/', /hides 127\.0\.0\.1/],
    ['https://[::ffff:10.0.0.1]/', /private network/],
    ['https://[::ffff:a9fe:a9fe]/', /private network/],
    ['https://[64:ff9b::a00:1]/', /private network/],
    ['https://[2002:c0a8:1::]/', /private network/],
    ['https://[fd00::1]/', /private network/],
    ['https://[fe80::1]/', /private network/],
    ['https://[::]/', /private network/],
    ['http://[::1].example.com/', /not a URL/],
  ])('is refused: %s', (text, reason) => {
    expect(() => checkAddress(text, strict)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringMatching(reason) }),
    );
  });

  it('may be of a private network where that is allowed, over https still', () => {
    expect(checkAddress('https://10.1.2.3/', { allowPrivate: true }).hostname).toBe('10.1.2.3');
    expect(() => checkAddress('http://10.1.2.3/', { allowPrivate: true })).toThrow(/begin with https/);
  });

  it('does not take a public address for an inner one', () => {
    for (const address of [
      '1.1.1.1',
      '172.32.0.1',
      '192.169.0.1',
      '2606:4700::1111',
      '::ffff:8.8.8.8',
      '64:ff9b::808:808',
    ])
      expect({ address, inner: isInner(address) }).toEqual({ address, inner: false });
  });
});

describe('a name', () => {
  const url = new URL('https://hooks.example/');
  const leadingTo =
    (...addresses: string[]) =>
    () =>
      Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));

  it('leads to the address that was looked at', async () => {
    expect(await resolveAddress(url, strict, leadingTo('8.8.8.8'))).toEqual({ address: '8.8.8.8', family: 4 });
  });

  it.each([['127.0.0.1'], ['10.0.0.1'], ['::1'], ['::ffff:127.0.0.1'], ['fd00::1'], ['169.254.169.254']])(
    'is refused when it leads to %s, also beside a public address',
    async (address) => {
      for (const addresses of [[address], ['8.8.8.8', address]])
        await expect(resolveAddress(url, strict, leadingTo(...addresses))).rejects.toMatchObject({
          code: 'HOOK_REFUSED',
          message: expect.stringContaining(address),
        });
    },
  );

  it('that says localhost and leads elsewhere is refused too', async () => {
    const own = new URL('http://localhost/');
    await expect(resolveAddress(own, strict, leadingTo('10.0.0.1'))).rejects.toMatchObject({ code: 'HOOK_REFUSED' });
    expect(await resolveAddress(own, strict, leadingTo('127.0.0.1'))).toMatchObject({ address: '127.0.0.1' });
  });
});
