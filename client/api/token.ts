const key = 'memoir.token';

/** The access token of this browser tab, where the server asks for one. It ends with the tab unless it is to be remembered. */
export function readToken(): string | null {
  try {
    return sessionStorage.getItem(key) ?? localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Null forgets it. */
export function writeToken(token: string | null, remember: boolean): void {
  sessionStorage.removeItem(key);
  localStorage.removeItem(key);
  if (token !== null) (remember ? localStorage : sessionStorage).setItem(key, token);
}

export function authorization(): Record<string, string> {
  const token = readToken();
  return token === null ? {} : { authorization: `Bearer ${token}` };
}
