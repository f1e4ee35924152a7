import { isOwnHost } from '../../domain/own-host.ts';

/** A mail without attachments. */
export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
}

/** Hands mails to a server. Resolves when it has taken one for every recipient; rejects with a sentence otherwise. */
export interface MailTransport {
  send(mail: Mail, signal: AbortSignal): Promise<void>;
}

export interface SmtpOptions {
  /** `smtps://` speaks TLS from the beginning, `smtp://` before anything else is said; plain only with this host alone. */
  readonly url: string;
  readonly from: string;
  readonly user: string | null;
  readonly password: string | null;
  /** Further authorities that tests trust. */
  readonly ca?: string;
  readonly timeoutMs?: number;
}

/** Mail by SMTP. A connection for each mail: they are few. */
export function createSmtpTransport(options: SmtpOptions): MailTransport {
  const { from, user, password, ca, timeoutMs = 30_000 } = options;
  const url = new URL(options.url);
  const isOwn = isOwnHost(url.hostname);
  const secure = url.protocol === 'smtps:';
  return {
    async send(mail, signal) {
      // Loaded with the first mail: most servers send none.
      const { createTransport } = await import('nodemailer');
      const transport = createTransport({
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: Number(url.port || (secure ? 465 : 587)),
        secure,
        requireTLS: !isOwn,
        tls: ca === undefined ? {} : { ca },
        ...(user === null ? {} : { auth: { user, pass: password ?? '' } }),
        connectionTimeout: timeoutMs,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      const onAbort = (): void => transport.close();
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        const sent = await transport.sendMail({ from, ...mail, to: [...mail.to] });
        if (sent.rejected.length > 0) throw new Error(`the mail server refused ${sent.rejected.join(', ')}`);
      } catch (error) {
        throw new Error(hidden(error, password), { cause: error });
      } finally {
        signal.removeEventListener('abort', onAbort);
        transport.close();
      }
    },
  };
}

/** The reason without the password, should a server repeat it. */
function hidden(error: unknown, password: string | null): string {
  const text = error instanceof Error ? error.message : String(error);
  return password === null || password === '' ? text : text.replaceAll(password, '…');
}
