/** An element of an XML document: no more than what libvirt's own documents need. */
export interface XmlElement {
  /** With its prefix, as written: `qemu:commandline`. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly inside of it. */
  readonly text: string;
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

/** One piece of markup, or a run of text (XML 1.0, productions 14 to 44). */
const piece =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^>[]*>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([^\s/<>=]+)((?:\s+[^\s=<>/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
const attribute = /([^\s=<>/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
/** Documents of libvirt nest about ten deep. */
const depthLimit = 256;

/**
 * Reads a document that libvirt made. Throws a SyntaxError for what is not well-formed, and for what libvirt does not write
 * (entities of one's own): guests cannot write here, but people put their own elements into `<metadata>`.
 */
export function parseXml(text: string): XmlElement {
  const root: OpenElement = element('', '');
  const open: OpenElement[] = [root];
  piece.lastIndex = 0;
  while (piece.lastIndex < text.length) {
    const at = piece.lastIndex;
    const match = piece.exec(text);
    if (match === null) throw new SyntaxError(`not XML at character ${at}`);
    const [, cdata, closing, name, attributes = '', empty, run] = match;
    const parent = open.at(-1) as OpenElement;
    if (cdata !== undefined) parent.text += cdata;
    else if (run !== undefined) parent.text += decode(run);
    else if (name === undefined) continue;
    else if (closing === '/') {
      if (open.length === 1 || parent.name !== name) throw new SyntaxError(`</${name}> at character ${at}`);
      open.pop();
    } else {
      const child = element(name, attributes);
      parent.children.push(child);
      if (empty !== '/') open.push(child);
      if (open.length > depthLimit) throw new SyntaxError(`elements nested deeper than ${depthLimit}`);
    }
  }
  const [document] = root.children;
  if (open.length !== 1 || document === undefined || root.children.length > 1)
    throw new SyntaxError('not one document');
  return document;
}

/** The elements at a path below an element, such as `['devices', 'interface']`. */
export function xmlElements(parent: XmlElement, ...path: readonly string[]): readonly XmlElement[] {
  return path.reduce<readonly XmlElement[]>(
    (elements, name) => elements.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [parent],
  );
}

/** The first element at a path; undefined where there is none. */
export function xmlElement(parent: XmlElement, ...path: readonly string[]): XmlElement | undefined {
  return xmlElements(parent, ...path)[0];
}

function element(name: string, attributes: string): OpenElement {
  const values = new Map<string, string>();
  for (const [, key, double, single] of attributes.matchAll(attribute))
    values.set(key as string, decode(double ?? single ?? ''));
  return { name, attributes: values, children: [], text: '' };
}

function decode(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]+|#\d+|\w+);/g, (whole, entity: string) => {
    if (entity.startsWith('#')) {
      const code = entity[1] === 'x' ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
      if (!(code <= 0x10ffff)) throw new SyntaxError(`the character ${whole}`);
      return String.fromCodePoint(code);
    }
    const known = entities[entity];
    if (known === undefined) throw new SyntaxError(`the entity ${whole}`);
    return known;
  });
}

/** Text as it stands in an attribute or between tags. What XML cannot say at all (control characters) is a SyntaxError. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0, production 2: these are no characters.
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text)) throw new SyntaxError('a character that XML cannot hold');
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
