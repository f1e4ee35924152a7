import { randomUUID } from 'node:crypto';
import { FakeFailure, type Handlers, onlyFlags } from './handlers.ts';

interface Pool {
  readonly folder: string;
  readonly uuid: string;
  readonly type: string;
  available: bigint;
}

/** Storage pools of files behind the fake daemon; the files are the hypervisor's volumes, each named as in its pool. */
export class FakePools {
  readonly pools = new Map<string, Pool>();
  readonly #volumes: Map<string, Buffer>;
  /** What is in a folder becomes known when its pool is refreshed. */
  readonly #known = new Set<string>();

  constructor(volumes: Map<string, Buffer>) {
    this.#volumes = volumes;
  }

  add(name: string, folder: string, available = 1n << 40n, type = 'dir'): void {
    this.pools.set(name, { folder, uuid: randomUUID(), type, available });
  }

  /** The name of the volume that a path is, if it is in the folder of a pool. */
  volumeOf(path: string): string | undefined {
    const pool = [...this.pools.values()].find(({ folder }) => path.startsWith(`${folder}/`));
    return pool && path.slice(pool.folder.length + 1);
  }

  get handlers(): Handlers {
    const named = ({ name }: { readonly name: string }): Pool => {
      const pool = this.pools.get(name);
      if (pool === undefined) throw new FakeFailure(49, `Storage pool not found: '${name}'`, { domain: 18 });
      return pool;
    };
    const refOf = (name: string) => ({ name, uuid: named({ name }).uuid });
    const bytesOf = ({ name }: { readonly name: string }): Buffer => {
      const bytes = this.#volumes.get(name);
      if (bytes === undefined || !this.#known.has(name))
        throw new FakeFailure(50, `Storage volume not found: no storage vol with matching name '${name}'`);
      return bytes;
    };
    return {
      connectListAllStoragePools: ({ flags }) => {
        onlyFlags(flags, 2);
        return { pools: [...this.pools.keys()].map(refOf), count: this.pools.size };
      },
      storagePoolGetXmlDesc: ({ pool, flags }) => {
        onlyFlags(flags);
        const { type, folder } = named(pool);
        return `<pool type='${type}'><name>${pool.name}</name><target><path>${folder}</path></target></pool>`;
      },
      storagePoolCreateXml: ({ xml, flags }) => {
        onlyFlags(flags);
        const [name = '', folder = ''] = ['name', 'path'].map(
          (tag) => new RegExp(`<${tag}>(.*)</${tag}>`).exec(xml)?.[1] ?? '',
        );
        if ([...this.pools.values()].some((pool) => pool.folder === folder))
          throw new FakeFailure(9, `operation failed: Storage source conflict with pool`);
        this.add(name, folder);
        return refOf(name);
      },
      storagePoolLookupByName: ({ name }) => refOf(name),
      storagePoolRefresh: ({ pool, flags }) => {
        onlyFlags(flags);
        named(pool);
        for (const name of this.#volumes.keys()) this.#known.add(name);
      },
      storagePoolGetInfo: ({ pool }) => ({
        state: 2,
        capacity: 1n << 41n,
        allocation: 0n,
        available: named(pool).available,
      }),
      storageVolLookupByName: ({ pool, name }) => {
        bytesOf({ name });
        return { pool: pool.name, name, key: `${named(pool).folder}/${name}` };
      },
      storageVolGetInfo: ({ volume }) => {
        const length = BigInt(bytesOf(volume).length);
        return { type: 0, capacity: length, allocation: length };
      },
      storageVolDelete: ({ volume, flags }) => {
        onlyFlags(flags);
        bytesOf(volume);
        this.#volumes.delete(volume.name);
      },
    };
  }
}
