import type { TestServer } from './open-server.ts';

export async function get({ url }: TestServer, path: string) {
  const response = await fetch(url + path);
  return { status: response.status, body: await response.json() };
}

export async function post({ url }: TestServer, path: string, body: unknown) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}
