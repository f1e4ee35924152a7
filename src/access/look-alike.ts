/** Signs of other scripts and digits that look like a Latin letter (Unicode TR 39, confusables, as far as names need them). */
const twins: Readonly<Record<string, string>> = {
  ...{ 0: 'o', 1: 'l', '|': 'l', i: 'l' },
  ...{ а: 'a', в: 'b', е: 'e', һ: 'h', і: 'l', ј: 'j', к: 'k', м: 'm', н: 'h', о: 'o', р: 'p', с: 'c', ѕ: 's' },
  ...{ т: 't', у: 'y', х: 'x', ԁ: 'd', ԛ: 'q', ԝ: 'w', ӏ: 'l', ь: 'b', г: 'r', ё: 'e' },
  ...{ α: 'a', β: 'b', γ: 'y', ε: 'e', ι: 'l', κ: 'k', ν: 'v', ο: 'o', ρ: 'p', σ: 'o', τ: 't', υ: 'u', χ: 'x', ϲ: 'c' },
  ...{ ı: 'l', ɑ: 'a', ɡ: 'g', ո: 'n', ս: 'u', օ: 'o', հ: 'h' },
};

/** What a name looks like to someone who reads a journal in a hurry: names of one look are taken for one person. */
export function lookOf(name: string): string {
  const plain = name.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '');
  return Array.from(plain, (sign) => twins[sign] ?? sign)
    .join('')
    .replace(/rn/g, 'm')
    .replace(/[\s._-]+/g, '-');
}
