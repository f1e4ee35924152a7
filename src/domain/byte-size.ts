const powers = ['', 'k', 'm', 'g', 't'];

/** The bytes of `512`, `512M`, `20G` or `2TiB`; null for what is no size. */
export function parseByteSize(text: string): number | null {
  const [, amount, unit = ''] = /^(\d{1,15})([kmgt]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  return amount === undefined ? null : Number(amount) * 1024 ** powers.indexOf(unit.toLowerCase());
}
