// A monitor that misses nothing: node examples/monitor.ts FILE
//
// Every event of the log becomes one line of FILE, exactly once and in order. The line and the place in the log are written in
// one step, because they are the same line: whatever is killed when, the last whole line says where to go on.
import { appendFileSync, closeSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const [file] = process.argv.slice(2);
const { MEMOIR_URL = 'http://127.0.0.1:4000', MEMOIR_TOKEN } = process.env;
if (file === undefined) {
  console.error('usage: node examples/monitor.ts FILE');
  process.exit(2);
}

const query = `subscription ($after: String) {
  operationEvents(after: $after) { cursor seq type at operationId kind state message }
}`;

interface Event {
  readonly cursor: string;
  readonly type: string;
}

/** The place of the last event that was written; drops the half of a line that a crash may have left. */
function lastCursor(path: string): string {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) {
    const descriptor = openSync(path, 'r+');
    ftruncateSync(descriptor, Buffer.byteLength(whole));
    closeSync(descriptor);
  }
  const last = whole.trimEnd().split('\n').at(-1) ?? '';
  return last === '' ? '0' : (JSON.parse(last) as Event).cursor;
}

/** Reads the log from a place on, until the connection breaks; answers how far it came. */
async function follow(path: string, after: string): Promise<string> {
  let cursor = after;
  // The server sends a comment every ten seconds: longer silence is a dead connection.
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), 35_000);
  try {
    const response = await fetch(new URL('/graphql', MEMOIR_URL), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...(MEMOIR_TOKEN && { authorization: `Bearer ${MEMOIR_TOKEN}` }),
      },
      body: JSON.stringify({ query, variables: { after } }),
      signal: silence.signal,
    });
    if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      timer.refresh();
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (data === undefined) continue;
        const answer = JSON.parse(data) as { data?: { operationEvents: Event } | null; errors?: unknown };
        if (answer.data == null) throw new Error(JSON.stringify(answer.errors));
        const event = answer.data.operationEvents;
        appendFileSync(path, `${JSON.stringify(event)}\n`);
        cursor = event.cursor;
      }
    }
  } catch (error) {
    console.error(`not connected: ${error instanceof Error ? error.message : error}`);
  } finally {
    clearTimeout(timer);
  }
  return cursor;
}

for (let cursor = lastCursor(file); ; ) {
  cursor = await follow(file, cursor);
  await sleep(500);
}
