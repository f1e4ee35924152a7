import type { DocumentNode } from 'graphql';

/** Longest text that is kept: an application's own documents are shorter, and a stranger's need not stay. */
const maxText = 8 * 1024;

/**
 * Documents that were parsed, by their text: least recently used first out, bounded by the length of the texts, since a
 * document is some fifty times as large as its text.
 */
export class DocumentCache {
  readonly #documents = new Map<string, DocumentNode>();
  readonly #maxCharacters: number;
  #characters = 0;

  constructor(maxCharacters = 256 * 1024) {
    this.#maxCharacters = maxCharacters;
  }

  get(text: string): DocumentNode | undefined {
    const document = this.#documents.get(text);
    if (document !== undefined) {
      this.#documents.delete(text);
      this.#documents.set(text, document);
    }
    return document;
  }

  set(text: string, document: DocumentNode): void {
    if (text.length > maxText || this.#documents.has(text)) return;
    this.#documents.set(text, document);
    this.#characters += text.length;
    for (const [oldest] of this.#documents) {
      if (this.#characters <= this.#maxCharacters) break;
      this.#documents.delete(oldest);
      this.#characters -= oldest.length;
    }
  }
}
