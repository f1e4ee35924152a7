/**
 * What a person sees on a terminal: lines that wrap, the few escapes of ECMA-48 that the command line may use, and windows that are resized
 * (their lines are wrapped anew, as VTE and Windows Terminal do). Any other control character is an error: it had no business there.
 */
export class Screen {
  /** Rows, and whether the row goes on in the next. */
  #rows: { text: string; wraps: boolean }[] = [{ text: '', wraps: false }];
  #row = 0;
  #column = 0;
  #columns: number;

  constructor(columns: number) {
    this.#columns = columns;
  }

  write(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what a terminal is about.
    for (const [sign] of text.matchAll(/\u001b\[\d*[A-Za-z]|./gsu)) {
      if (sign.startsWith('\u001b[')) this.#escape(sign.slice(2, -1), sign.slice(-1));
      else if (sign === '\n') this.#down();
      else if (sign === '\r') this.#column = 0;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
      else if (/[\u0000-\u001f\u007f-\u009f]/.test(sign)) throw new Error(`the terminal got ${JSON.stringify(sign)}`);
      else this.#put(sign);
    }
  }

  resize(columns: number): void {
    const lines: string[] = [];
    let text = '';
    let at = { line: 0, offset: 0 };
    for (const [index, row] of this.#rows.entries()) {
      if (index === this.#row) at = { line: lines.length, offset: text.length + this.#column };
      text += row.text;
      if (row.wraps) continue;
      lines.push(text);
      text = '';
    }
    this.#columns = columns;
    this.#rows = lines.flatMap((line) => {
      const parts = line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [''];
      return parts.map((part, index) => ({ text: part, wraps: index < parts.length - 1 }));
    });
    let line = 0;
    this.#row = this.#rows.findIndex(({ wraps }) => line === at.line || (wraps ? false : ++line === -1));
    this.#row = Math.max(0, this.#row) + Math.floor(at.offset / columns);
    this.#column = at.offset % columns;
  }

  get lines(): string[] {
    return this.#rows.map(({ text }) => text.trimEnd());
  }

  #down(): void {
    this.#row += 1;
    if (this.#row === this.#rows.length) this.#rows.push({ text: '', wraps: false });
  }

  #put(sign: string): void {
    if (this.#column >= this.#columns) {
      (this.#rows[this.#row] as { wraps: boolean }).wraps = true;
      this.#down();
      this.#column = 0;
    }
    const row = this.#rows[this.#row] as { text: string };
    row.text = row.text.padEnd(this.#column).slice(0, this.#column) + sign + row.text.slice(this.#column + 1);
    this.#column += 1;
  }

  #escape(given: string, what: string): void {
    const row = this.#rows[this.#row] as { text: string; wraps: boolean };
    if (what === 'A') this.#row = Math.max(0, this.#row - Number(given || 1));
    else if (what === 'K' && given === '2') Object.assign(row, { text: '', wraps: false });
    else if (what === 'J' && given === '') {
      row.text = row.text.slice(0, this.#column);
      row.wraps = false;
      this.#rows.length = this.#row + 1;
    } else throw new Error(`the terminal got the escape [${given}${what}`);
  }
}
