import { type DocumentNode, Lexer, parse, Source, TokenKind } from 'graphql';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { DocumentLimits } from './document-limits.ts';

/** Parses a text that is within the limits; LIMIT_EXCEEDED before anything is built of a longer one. */
export function parseWithin(text: string, limits: DocumentLimits): DocumentNode {
  if (text.length > limits.characters) {
    throw new MemoirError('LIMIT_EXCEEDED', `the query is longer than ${limits.characters} characters`);
  }
  const source = new Source(text);
  const lexer = new Lexer(source);
  for (let tokens = 0; lexer.advance().kind !== TokenKind.EOF; tokens++) {
    if (tokens >= limits.tokens) {
      throw new MemoirError('LIMIT_EXCEEDED', `the query has more than ${limits.tokens} words and signs`);
    }
  }
  return parse(source);
}
