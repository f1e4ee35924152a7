// Members of contracts that only tests call: a contract has no dead members. Looks at names, not at types, so that a name that is in
// use anywhere counts as used: what it reports is dead for certain.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/generated|node_modules|dist\//.test(name))
    .map((name) => join(folder, name))
    .map((path) => ({ path, text: readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '') }));

/** Handles for tests, and said to be. */
const forTests = new Set(['DemoControls']);

const sources = read('src');
const product = [...sources, ...read('client'), ...read('bench')].map(({ text }) => text).join('\n');

/** Taken out of an object, by a dot, by taking it apart, or by name; not written into one. */
const isUsed = (name) =>
  new RegExp(
    `[.?]${name}\\b(?!\\s*=[^=])|\\{[^{}]*\\b${name}\\b[^{}]*\\}\\s*(?:=[^=>]|:|of\\b|\\))|['"]${name}['"]|\\b${name}\\b[^{}()]*\\}\\s*(?:[:=]|of\\b)`,
  ).test(product);

const dead = sources.flatMap(({ path, text }) =>
  [...text.matchAll(/^export interface (\w+)[^{]*\{\n([\s\S]*?)^\}/gm)]
    .filter(([, contract]) => !forTests.has(contract))
    .flatMap(([, contract, body]) =>
      [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??(?:<[^>]*>)?\(/gm)]
        .map(([, member]) => member)
        .filter((member) => !isUsed(member))
        .map((member) => `${path}: ${contract}.${member}`),
    ),
);
if (dead.length > 0) {
  process.stderr.write(`nobody but tests calls:\n  ${dead.join('\n  ')}\n`);
  process.exitCode = 1;
}
