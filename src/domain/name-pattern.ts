/**
 * Whether a name fits a pattern: `*` is any text, `?` one character, everything else itself, in its case. Not a regular expression, because
 * a pattern of many stars must not keep the server busy: this takes at most text times pattern.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  const [glob, text] = [[...pattern], [...name]];
  let [at, from] = [0, 0];
  let star = -1;
  let resume = 0;
  while (from < text.length) {
    if (glob[at] === '*') {
      star = at++;
      resume = from;
    } else if (glob[at] === '?' || glob[at] === text[from]) {
      at++;
      from++;
    } else if (star >= 0) {
      at = star + 1;
      from = ++resume;
    } else return false;
  }
  while (glob[at] === '*') at++;
  return at === glob.length;
}
