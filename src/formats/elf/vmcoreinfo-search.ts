import { kernelText } from './kernel-text.ts';
import { parseVmcoreinfo, recogniseVmcoreinfo, type Vmcoreinfo } from './vmcoreinfo.ts';

const PAGE = 4096;
/** Beyond this many different texts, memory does not tell which one is the kernel's. */
const CANDIDATES_MAX = 16;

/**
 * Looks for the VMCOREINFO of the running kernel in all pages of a guest. Usually there is exactly one; memory that
 * survived a reboot may hold that of the kernel before, and a kernel that is prepared for kdump has a copy.
 */
export class VmcoreinfoSearch {
  readonly #texts = new Set<string>();

  /** Shows it guest memory: `bytes` starts at a multiple of 4096 of guest-physical address. Order does not matter. */
  look(bytes: Uint8Array): void {
    for (let at = 0; at + PAGE <= bytes.length; at += PAGE) {
      if (bytes[at] !== 0x4f) continue; // 'O' of OSRELEASE, before a view is made
      const text = recogniseVmcoreinfo(bytes.subarray(at, at + PAGE));
      if (text !== undefined && this.#texts.size < CANDIDATES_MAX) this.#texts.add(text);
    }
  }

  /** Takes in what another search found, so that parts of memory can be searched on different threads. */
  add(texts: Iterable<string>): void {
    for (const text of texts) if (this.#texts.size < CANDIDATES_MAX) this.#texts.add(text);
  }

  /** The different texts that were found. */
  get texts(): readonly string[] {
    return [...this.#texts];
  }

  /**
   * The VMCOREINFO of the running kernel. If several different ones were found, that one whose kernel text holds
   * `kernelAddress`, an address that the CPU state proves to be in the kernel (the system call entry, LSTAR); if that
   * does not single one out, undefined: a wrong one would make readers show wrong memory.
   */
  choose(kernelAddress?: bigint): Vmcoreinfo | undefined {
    const found = this.texts.map(parseVmcoreinfo);
    if (found.length <= 1) return found[0];
    const running = found.filter((info) => {
      const text = kernelText(info);
      return (
        kernelAddress !== undefined &&
        text !== undefined &&
        kernelAddress >= text.virtual &&
        kernelAddress < text.virtual + text.size
      );
    });
    return running.length === 1 ? running[0] : undefined;
  }
}
