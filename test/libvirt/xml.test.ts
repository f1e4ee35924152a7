import { describe, expect, it } from 'vitest';
import { parseXml, xmlElement, xmlElements } from '../../src/libvirt/xml.ts';

describe('the XML of libvirt', () => {
  it('is read with its attributes, text, entities, comments and CDATA', () => {
    const document = parseXml(
      `<?xml version="1.0"?><!-- a <comment/> --><a b='1' c="x &lt; &#x1F600; &#65;"><d/>text &amp; <![CDATA[<more>]]><d e=''>inner</d></a>`,
    );
    expect(document.name).toBe('a');
    expect(document.attributes.get('c')).toBe('x < 😀 A');
    expect(document.text).toBe('text & <more>');
    expect(xmlElements(document, 'd').map(({ text }) => text)).toEqual(['', 'inner']);
    expect(xmlElement(document, 'd')?.attributes.size).toBe(0);
    expect(xmlElement(document, 'd', 'nothing')).toBeUndefined();
  });

  it.each(['', '<a>', '<a></b>', '</a>', '<a/><b/>', '<a b=1/>', '<a>&unknown;</a>', 'text', '<a>&#x110000;</a>'])(
    'that is not well-formed is refused: %s',
    (text) => {
      expect(() => parseXml(text)).toThrow(SyntaxError);
    },
  );

  it('that nests without end is refused', () => {
    expect(() => parseXml('<a>'.repeat(100_000))).toThrow(/nested/);
  });
});
