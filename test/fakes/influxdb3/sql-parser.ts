// Parses the small part of SQL (DataFusion's dialect) and of InfluxQL that Memoir speaks, and refuses everything else: a double
// that guesses would hide mistakes. Both languages share their expressions here.

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | bigint | boolean | null }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[]; readonly star: boolean }
  | { readonly kind: 'cast'; readonly of: Expression; readonly to: string }
  | { readonly kind: 'interval'; readonly text: string }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'in'; readonly of: Expression; readonly list: readonly Expression[] }
  | { readonly kind: 'null'; readonly of: Expression; readonly not: boolean };

export interface Selected {
  readonly expression: Expression;
  readonly name: string;
}

export interface Statement {
  readonly distinct: boolean;
  /** Every column of the table, before what is selected by name. */
  readonly star: boolean;
  readonly selected: readonly Selected[];
  readonly table: string;
  readonly where: Expression | null;
  readonly groupBy: readonly Expression[];
  readonly fillNone: boolean;
  readonly orderBy: readonly { readonly expression: Expression; readonly descending: boolean }[];
  readonly limit: number | null;
  readonly offset: number;
}

type Token = { readonly type: 'word' | 'number' | 'string' | 'parameter' | 'sign'; readonly text: string };

const pattern =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[a-z]?)|'((?:[^']|'')*)'|\$(\w+)|([A-Za-z_]\w*)|(::|<=|>=|<>|[-=<>(),*/.]))/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.trimEnd().length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) throw new Error(`ParserError("unexpected text at ${start}: ${text.slice(start, start + 20)}")`);
    const [, number, string, parameter, word, sign] = match;
    if (number !== undefined) tokens.push({ type: 'number', text: number });
    else if (string !== undefined) tokens.push({ type: 'string', text: string.replaceAll("''", "'") });
    else if (parameter !== undefined) tokens.push({ type: 'parameter', text: parameter });
    else if (word !== undefined) tokens.push({ type: 'word', text: word });
    else tokens.push({ type: 'sign', text: sign as string });
  }
  return tokens;
}

export function parseStatement(text: string): Statement {
  const tokens = tokenize(text);
  let at = 0;
  const peek = (offset = 0) => tokens[at + offset];
  const fail = (): never => {
    throw new Error(`ParserError("unexpected ${JSON.stringify(peek()?.text ?? 'end')} (token ${at} of ${text})")`);
  };
  const isWord = (word: string, offset = 0) =>
    peek(offset)?.type === 'word' && peek(offset)?.text.toUpperCase() === word;
  const isSign = (sign: string) => peek()?.type === 'sign' && peek()?.text === sign;
  const tryWord = (word: string) => isWord(word) && ++at > 0;
  const trySign = (sign: string) => isSign(sign) && ++at > 0;
  const word = (expected: string) => tryWord(expected) || fail();
  const sign = (expected: string) => trySign(expected) || fail();
  const take = (type: Token['type']): string => {
    const token = peek();
    if (token?.type !== type) return fail();
    at += 1;
    return token.text;
  };
  const list = <T>(item: () => T): T[] => {
    const items = [item()];
    while (trySign(',')) items.push(item());
    return items;
  };

  const expression = (): Expression => chain(conjunction, 'OR');
  const conjunction = (): Expression => chain(comparison, 'AND');
  const chain = (next: () => Expression, operator: string): Expression => {
    let left = next();
    while (tryWord(operator)) left = { kind: 'binary', operator, left, right: next() };
    return left;
  };
  const comparison = (): Expression => {
    const left = quotient();
    for (const operator of ['=', '<', '<=', '>', '>=', '<>']) {
      if (trySign(operator)) return { kind: 'binary', operator, left, right: quotient() };
    }
    if (tryWord('LIKE')) return { kind: 'binary', operator: 'LIKE', left, right: quotient() };
    if (tryWord('IS')) {
      const not = tryWord('NOT');
      word('NULL');
      return { kind: 'null', of: left, not };
    }
    if (tryWord('IN')) {
      sign('(');
      const values = list(expression);
      sign(')');
      return { kind: 'in', of: left, list: values };
    }
    return left;
  };
  const quotient = (): Expression => {
    let left = casted();
    while (trySign('/')) left = { kind: 'binary', operator: '/', left, right: casted() };
    return left;
  };
  const casted = (): Expression => {
    let inner = primary();
    while (trySign('::')) inner = { kind: 'cast', of: inner, to: take('word').toUpperCase() };
    return inner;
  };
  const primary = (): Expression => {
    const token = peek() ?? fail();
    if (trySign('(')) {
      const inner = expression();
      sign(')');
      return inner;
    }
    at += 1;
    if (token.type === 'string') return { kind: 'literal', value: token.text };
    if (token.type === 'parameter') return { kind: 'parameter', name: token.text };
    if (token.type === 'number') return { kind: 'literal', value: readNumber(token.text) };
    if (token.type !== 'word') {
      at -= 1;
      return fail();
    }
    const upper = token.text.toUpperCase();
    if (upper === 'NULL') return { kind: 'literal', value: null };
    if (upper === 'INTERVAL') return { kind: 'interval', text: take('string') };
    if (!trySign('(')) return { kind: 'column', name: token.text.toLowerCase() };
    if (upper === 'CAST') {
      const of = expression();
      word('AS');
      const to = take('word').toUpperCase();
      sign(')');
      return { kind: 'cast', of, to };
    }
    if (trySign('*')) {
      sign(')');
      return { kind: 'call', name: token.text.toLowerCase(), arguments: [], star: true };
    }
    const values = isSign(')') ? [] : list(expression);
    sign(')');
    return { kind: 'call', name: token.text.toLowerCase(), arguments: values, star: false };
  };
  const whole = () => Number(take('number'));

  const [first] = tokens;
  if (first?.text.toUpperCase() !== 'SELECT')
    throw new Error(
      `ParserError("Expected: an SQL statement, found: ${first?.text ?? 'EOF'} at Line: 1, Column: 1"): sql parser error: Expected: 1`,
    );
  word('SELECT');
  const distinct = tryWord('DISTINCT') && !isSign('(');
  if (!distinct && tokens[at - 1]?.text.toUpperCase() === 'DISTINCT') at -= 1;
  const star = trySign('*');
  const selected: Selected[] =
    star && !trySign(',')
      ? []
      : list(() => {
          const value = expression();
          const name = tryWord('AS') ? take('word') : value.kind === 'column' ? value.name : 'unnamed';
          return { expression: value, name };
        });
  word('FROM');
  const table = [take('word')];
  while (trySign('.')) table.push(take('word'));
  const where = tryWord('WHERE') ? expression() : null;
  const groupBy = tryWord('GROUP') && word('BY') ? list(expression) : [];
  let fillNone = false;
  if (tryWord('FILL')) {
    sign('(');
    word('NONE');
    sign(')');
    fillNone = true;
  }
  const orderBy =
    tryWord('ORDER') && word('BY')
      ? list(() => {
          const value = expression();
          const descending = tryWord('DESC');
          if (!descending) tryWord('ASC');
          return { expression: value, descending };
        })
      : [];
  const limit = tryWord('LIMIT') ? whole() : null;
  const offset = tryWord('OFFSET') ? whole() : 0;
  if (at < tokens.length) fail();
  return { distinct, star, selected, table: table.join('.'), where, groupBy, fillNone, orderBy, limit, offset };
}

function readNumber(text: string): number | bigint {
  // `1d` is a duration of InfluxQL, in nanoseconds.
  if (/^\d+d$/.test(text)) return BigInt(text.slice(0, -1)) * 86_400_000_000_000n;
  return /^\d+$/.test(text) ? BigInt(text) : Number(text);
}
