import type { ByteFeed } from './byte-feed.ts';
import { MigrationFormatError } from './migration-error.ts';
import { NAME_MAX, PAGE_BITS, SECTION_CONFIGURATION, SUBSECTION } from './stream-format.ts';
import { peekByte, type Reading, readByte, readName, readText, readWord } from './stream-values.ts';

const SECTION = 'configuration';

/**
 * Reads the configuration section, which says what machine it is: length of name (4) · name · subsections. A subsection
 * is: 0x05 · length of name (1) · name · version (4) · payload. The known ones:
 *
 * - `configuration/target-page-bits` (4): the size of a page as a power of two, on machines where it varies (Arm).
 * - `configuration/capabilities`: capabilities that change the stream. Each is refused, because it is not known how.
 */
export function* readConfiguration(feed: ByteFeed): Reading<string> {
  const start = feed.offset;
  if ((yield* readByte(feed)) !== SECTION_CONFIGURATION)
    throw new MigrationFormatError('UNSUPPORTED', SECTION, start, 'is missing: a machine type of QEMU 2.3 or older');
  const length = yield* readWord(feed);
  if (length > NAME_MAX) throw new MigrationFormatError('CORRUPT', SECTION, start, `a machine name of ${length} bytes`);
  const machine = yield* readText(feed, length);
  while ((yield* peekByte(feed)) === SUBSECTION) yield* readSubsection(feed);
  return machine;
}

function* readSubsection(feed: ByteFeed): Reading<void> {
  const offset = feed.offset;
  feed.at++;
  const name = yield* readName(feed);
  const version = yield* readWord(feed);
  const refuse = (what: string) => new MigrationFormatError('UNSUPPORTED', SECTION, offset, what);
  if (version !== 1) throw refuse(`subsection "${name}" of version ${version}`);
  if (name === `${SECTION}/target-page-bits`) {
    const bits = yield* readWord(feed);
    if (bits !== PAGE_BITS) throw refuse(`pages of 2^${bits} bytes`);
  } else if (name === `${SECTION}/capabilities`) {
    yield* readWord(feed); // how many: the first one is enough to refuse
    throw refuse(`the capability "${yield* readName(feed)}"`);
  } else {
    throw refuse(`subsection "${name}"`);
  }
}
