import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cell, csvCell, csvLine } from '../../client/format/csv.ts';
import { anyText } from '../contracts/any-text.ts';

/** A reader of RFC 4180, written from the RFC and not from the writer. */
function readLine(line: string): string[] {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    let cell = '';
    if (line[at] === '"') {
      for (at += 1; ; at += 1) {
        if (line[at] !== '"') cell += line[at];
        else if (line[at + 1] === '"') {
          cell += '"';
          at += 1;
        } else break;
      }
      at += 1;
    } else while (at < line.length && line[at] !== ',') cell += line[at++];
    cells.push(cell);
    if (at >= line.length) return cells;
    expect(line[at]).toBe(',');
    at += 1;
  }
}

describe('a line of CSV', () => {
  it('quotes what would break it', () => {
    expect(csvLine(['plain', 'a,b', 'say "hi"', 'two\r\nlines', ' blank ', ''])).toBe(
      'plain,"a,b","say ""hi""","two\r\nlines"," blank ",',
    );
  });

  it('leaves numbers, truths and nothing as they are', () => {
    expect(csvLine([2147483648, -1.5, true, null])).toBe('2147483648,-1.5,true,');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '"=1', '＝1', '＋1', '－1', '＠x', '\u00a0=cmd'])(
    'keeps a spreadsheet from running %j',
    (text) => {
      expect(readLine(csvCell(text))).toEqual([`'${text}`]);
    },
  );

  it.each(['web-01', 'a=b', '1-2', '/var/dumps/x', '<img>', '’'])('leaves %j as it is', (text) => {
    expect(csvCell(text)).toBe(text);
  });

  it('comes back as it was, whatever is in it, but for the apostrophe before formulas', () => {
    fc.assert(
      fc.property(fc.array(anyText(), { minLength: 1 }), (texts) => {
        const back = readLine(csvLine(texts as Cell[]));
        expect(back).toHaveLength(texts.length);
        for (const [index, text] of texts.entries()) expect([text, `'${text}`]).toContain(back[index]);
      }),
    );
  });
});
