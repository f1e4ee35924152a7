import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';

/** DataFusion, compiled to WebAssembly: not the server's version, but its language, from someone else. */
export interface DataFusion {
  /** The result as a table of text; throws what DataFusion says. */
  run(sql: string): Promise<string>;
}

/** Compiling it takes most of a second; every instance may be of the same. */
let compiled: WebAssembly.Module | undefined;

/** Texts have to be ASCII: this build loses its memory over others. */
export async function openDataFusion(): Promise<DataFusion> {
  const folder = dirname(createRequire(import.meta.url).resolve('datafusion-wasm/package.json'));
  // The glue keeps the instance in its module: each gets a module of its own.
  const address = pathToFileURL(join(folder, 'datafusion_wasm_bg.js')).href;
  const glue = await import(/* @vite-ignore */ `${address}?instance=${randomUUID()}`);
  // Each of its many functions runs a few times only: optimising them takes longer than all that they do.
  for (const flag of ['--no-wasm-dynamic-tiering', '--no-wasm-tier-up']) setFlagsFromString(flag);
  compiled ??= new WebAssembly.Module(readFileSync(join(folder, 'datafusion_wasm_bg.wasm')));
  const module = compiled;
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] = { ...imports[from], [name]: glue[name] };
  }
  const instance = new WebAssembly.Instance(module, imports);
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as (() => void) | undefined)?.();
  const context = glue.DataFusionContext.new();
  await context.execute_sql('set datafusion.execution.target_partitions=1');
  return { run: (sql) => context.execute_sql(sql) };
}
