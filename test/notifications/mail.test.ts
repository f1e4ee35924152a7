import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MailQueue } from '../../src/notifications/mail/mail-queue.ts';
import { mailOf } from '../../src/notifications/mail/mail-text.ts';
import { createSmtpTransport } from '../../src/notifications/mail/mail-transport.ts';
import { notificationWorld } from '../fakes/notification-world.ts';
import { smtpServer } from '../fakes/smtp-server.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const patient = { timeout: 15_000, interval: 10 };
const mail = { subject: 'Hello', text: 'A text.\n', messageId: '<1@memoir.invalid>' };

function certificate(): { readonly key: string; readonly cert: string } {
  const folder = temporaryFolder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

describe('mail', () => {
  it.skipIf(lacks('openssl'))('goes by STARTTLS and with a login where the server wants them', async () => {
    const tls = certificate();
    const server = await smtpServer({ tls, login: { user: 'memoir', password: 'pass word' } });
    const options = { url: `smtp://127.0.0.1:${server.port}`, from: 'memoir@example.com', ca: tls.cert };
    const transport = createSmtpTransport({ ...options, user: 'memoir', password: 'pass word' });
    await transport.send({ to: ['a@example.com', 'b@example.com'], ...mail }, new AbortController().signal);
    expect(server.mails).toMatchObject([
      { from: 'memoir@example.com', to: ['a@example.com', 'b@example.com'], tls: true },
    ]);
    expect(server.mails[0]?.text).toMatch(/^Subject: Hello$/m);

    const wrong = createSmtpTransport({ ...options, user: 'memoir', password: 'secret-guess' });
    const failure = wrong.send({ to: ['a@example.com'], ...mail }, new AbortController().signal);
    await expect(failure).rejects.toThrow(/535/);
    await expect(failure).rejects.not.toThrow(/secret-guess/);
    const distrusting = createSmtpTransport({ ...options, ca: certificate().cert, user: null, password: null });
    await expect(distrusting.send({ to: ['a@example.com'], ...mail }, new AbortController().signal)).rejects.toThrow(
      /certificate/,
    );
    expect(server.mails).toHaveLength(1);
  });

  it('that one recipient’s server refuses is an error that names the address', async () => {
    const server = await smtpServer();
    server.unknown.add('nobody@example.com');
    const transport = createSmtpTransport({
      url: `smtp://127.0.0.1:${server.port}`,
      from: 'memoir@example.com',
      user: null,
      password: null,
    });
    const to = ['ops@example.com', 'nobody@example.com'];
    await expect(transport.send({ to, ...mail }, new AbortController().signal)).rejects.toThrow(/nobody@example\.com/);
  });

  it('tells of an event, and of a hostile name without its line breaks', async () => {
    const server = await smtpServer();
    const world = await notificationWorld();
    const { notifications } = await world.open({
      mail: createSmtpTransport({
        url: `smtp://127.0.0.1:${server.port}`,
        from: 'memoir@example.com',
        user: null,
        password: null,
      }),
    });
    const target = { type: 'MAIL', to: ['ops@example.com'] } as { type: 'MAIL'; to: string[] };
    const { secret } = await notifications.createHook(
      { name: 'on call', target, kinds: ['OPERATION_COMPLETED'] },
      'tester',
    );
    expect(secret).toBeNull();
    await world.play('web-01\r\nBcc: everybody@example.com');
    await expect.poll(() => server.mails.length, patient).toBe(1);
    const [one] = server.mails;
    expect(one?.to).toEqual(['ops@example.com']);
    expect(one?.text).not.toMatch(/^Bcc:/m);
    expect(one?.text).toMatch(/^Subject: \[Memoir\] Toy of web-01 Bcc: everybody@example\.com completed: Made/m);
    await expect.poll(() => notifications.countDeliveries(), patient).toEqual({ PENDING: 0, DELIVERED: 1, DEAD: 0 });
  });

  it('of many events in an hour is ten mails, and one digest of the rest at its end', () => {
    let nowMs = 0;
    const queue = new MailQueue({ send: () => Promise.resolve() }, 'here', () => nowMs);
    const due = Array.from({ length: 30 }, (_, seq) => ({
      seq,
      notificationId: `n_${seq}`,
      type: 'io.memoir.test',
      message: `event ${seq}`,
      body: '',
      attempts: 0,
    }));
    let left = due;
    for (let mails = 0; mails < 10; mails += 1) {
      const { deliveries } = queue.batch('hook', left);
      expect(deliveries).toEqual([left[0]]);
      left = left.slice(1);
    }
    nowMs = 1_000;
    expect(queue.batch('hook', left)).toEqual({ deliveries: [], waitMs: 3_599_000 });
    expect(queue.batch('another', left).deliveries).toHaveLength(1);
    nowMs = 3_600_000;
    expect(queue.batch('hook', left).deliveries).toEqual(left);
    const { subject, text } = mailOf('ops', left, 'here');
    expect(subject).toBe('[Memoir] 20 events on here');
    for (const { message } of left) expect(text).toContain(`${message}\n`);
  });
});
