import { readdirSync } from 'node:fs';

// npm run bench -- NAME [arguments]: runs one measurement, bench/NAME.ts, which exports `run(args)`.

const [name, ...args] = process.argv.slice(2);
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -3));

if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run bench -- NAME [arguments]\nnames: ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  const { run } = (await import(`./${name}.ts`)) as { run: (args: readonly string[]) => Promise<void> };
  await run(args);
}
