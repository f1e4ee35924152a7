/** One server-sent event (WHATWG HTML §9.2). */
export interface ServerEvent {
  readonly type: string;
  readonly data: string;
}

/** Longest event that is waited for: a server that sends more without an end is not ours. */
const maxEvent = 16 * 1024 * 1024;

/** Reads events from a body; comments keep the line alive and are reported only as a sign of life. */
export async function* readEvents(
  body: ReadableStream<Uint8Array> | null,
  alive: () => void,
): AsyncGenerator<ServerEvent, void, void> {
  if (body === null) return;
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    alive();
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = parse(text.slice(0, end));
      text = text.slice(end + 2);
      if (event !== null) yield event;
    }
    if (text.length > maxEvent) throw new Error('an incomplete event');
  }
}

function parse(block: string): ServerEvent | null {
  let type = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(event|data)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') type = value;
    if (field === 'data') data.push(value);
  }
  return data.length === 0 ? null : { type, data: data.join('\n') };
}
