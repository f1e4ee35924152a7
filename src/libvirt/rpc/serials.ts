/**
 * Serial numbers of one connection: counted up from 1, so that none comes twice within 2³² calls. `taken` tells of one
 * that is still in use after a wrap.
 */
export class Serials {
  #last = 0;
  readonly #taken: (serial: number) => boolean;

  constructor(taken: (serial: number) => boolean) {
    this.#taken = taken;
  }

  next(): number {
    do this.#last = this.#last === 0xffff_ffff ? 1 : this.#last + 1;
    while (this.#taken(this.#last));
    return this.#last;
  }
}
