import { LibvirtError } from '../../../libvirt/error.ts';

/**
 * Guests whose QEMU owes libvirt an answer. Each question to such a guest keeps one of libvirt's worker threads: for ever if
 * it has the guest's job, for 30 s if it waits for that job. There are five to begin with, and libvirt does not reliably add
 * more when two questions come at once (virThreadPoolSendJob subtracts unsigned numbers), so a few hanging guests could
 * end its service for everybody. A guest that owes an answer is therefore not asked again before it has given it.
 */
export class SilentGuests {
  /** Unanswered questions by the guest's UUID. */
  readonly #owed = new Map<string, number>();

  has(uuid: string): boolean {
    return this.#owed.has(uuid);
  }

  /** Asks something that goes through the guest's QEMU. Rejects with TIMEOUT, and asks nothing, while it owes an answer. */
  async ask<T>(uuid: string, call: (over: () => void) => Promise<T>): Promise<T> {
    if (this.#owed.has(uuid))
      throw new LibvirtError('TIMEOUT', 'not asked, because its QEMU has not answered an earlier question yet');
    let isOver = false;
    let isOwed = false;
    const over = (): void => {
      isOver = true;
      if (isOwed) this.#add(uuid, -1);
    };
    try {
      return await call(over);
    } catch (error) {
      if (!isOver && error instanceof LibvirtError && error.code === 'TIMEOUT') {
        isOwed = true;
        this.#add(uuid, 1);
      }
      throw error;
    }
  }

  #add(uuid: string, change: number): void {
    const owed = (this.#owed.get(uuid) ?? 0) + change;
    if (owed > 0) this.#owed.set(uuid, owed);
    else this.#owed.delete(uuid);
  }
}
