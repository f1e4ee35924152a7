import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';

export interface SmtpServer {
  readonly port: number;
  /** Mails that were taken, as they came over the wire, and whether by TLS. */
  readonly mails: { readonly from: string; readonly to: string[]; readonly text: string; readonly tls: boolean }[];
  /** Recipients that are refused. */
  readonly unknown: Set<string>;
  /** Says nothing to new connections while it is true. */
  silent: boolean;
}

interface SmtpOptions {
  /** Offers STARTTLS, and takes no mail without it. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly login?: { readonly user: string; readonly password: string };
}

/** A mail server that speaks SMTP (RFC 5321, 3207, 4954) with whoever speaks it well, and takes offence at everything else. */
export async function smtpServer({ tls, login }: SmtpOptions = {}): Promise<SmtpServer> {
  const sockets = new Set<Socket>();
  const state: Omit<SmtpServer, 'port'> = { mails: [], unknown: new Set(), silent: false };

  function talk(socket: Socket | TLSSocket, isTls: boolean): void {
    let buffer = '';
    let from = '';
    let to: string[] = [];
    let data: string[] | null = null;
    let isIn = login === undefined;
    const say = (text: string): unknown => socket.write(`${text}\r\n`);
    const command = (line: string): unknown => {
      if (data !== null) {
        if (line !== '.') return data.push(line.startsWith('.') ? line.slice(1) : line);
        state.mails.push({ from, to, text: data.join('\n'), tls: isTls });
        data = null;
        return say('250 taken');
      }
      if (/^EHLO \S+$/i.test(line))
        return say(
          [
            '250-here',
            ...(tls && !isTls ? ['250-STARTTLS'] : []),
            ...(login ? ['250-AUTH PLAIN'] : []),
            '250 8BITMIME',
          ].join('\r\n'),
        );
      if (/^STARTTLS$/i.test(line) && tls && !isTls) {
        say('220 go on');
        socket.removeAllListeners('data');
        const secure = new TLSSocket(socket, { isServer: true, ...tls });
        secure.on('error', () => undefined);
        talk(secure, true);
        return;
      }
      if (/^QUIT$/i.test(line)) return socket.end('221 bye\r\n');
      if (tls && !isTls) return say('530 5.7.0 Must issue a STARTTLS command first');
      const [, credentials] = /^AUTH PLAIN (\S+)$/i.exec(line) ?? [];
      if (credentials !== undefined) {
        isIn = Buffer.from(credentials, 'base64').toString() === `\0${login?.user}\0${login?.password}`;
        return say(isIn ? '235 welcome' : `535 5.7.8 who is ${credentials}`);
      }
      if (!isIn) return say('530 5.7.0 Authentication required');
      const [, sender] = /^MAIL FROM:<([^>\s]*)>/i.exec(line) ?? [];
      if (sender !== undefined) {
        from = sender;
        to = [];
        return say('250 ok');
      }
      const [, recipient] = /^RCPT TO:<([^>\s]+)>/i.exec(line) ?? [];
      if (recipient !== undefined) {
        if (state.unknown.has(recipient)) return say('550 5.1.1 no such user');
        to.push(recipient);
        return say('250 ok');
      }
      if (/^DATA$/i.test(line) && to.length > 0) {
        data = [];
        return say('354 go on');
      }
      say('500 5.5.2 what?');
    };
    socket.on('data', (chunk: Buffer) => {
      buffer += chunk.toString('latin1');
      for (let end = buffer.indexOf('\r\n'); end >= 0; end = buffer.indexOf('\r\n')) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        command(line);
      }
    });
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (state.silent) return;
    talk(socket, false);
    socket.write('220 here ESMTP\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return Object.assign(state, { port: (server.address() as AddressInfo).port });
}
