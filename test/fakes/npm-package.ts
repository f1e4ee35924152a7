import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
// npm's own scripts run on the Node of this process.
const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };

/** Packs the project into `folder` and answers the path of the tarball. */
export function packProject(folder: string): string {
  execFileSync('npm', ['pack', '--pack-destination', folder], { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  return join(folder, tarball as string);
}

/**
 * Installs a tarball into a folder, with what npm has in its cache wherever it can: the lock that npm would make is made from
 * the versions and addresses that the package carries.
 */
export function installTarball(tarball: string, folder: string): void {
  const read = (name: string) =>
    JSON.parse(execFileSync('tar', ['xzOf', tarball, `package/${name}`], { maxBuffer: 64 * 1024 * 1024 }).toString());
  const { packages, ...rest } = read('npm-shrinkwrap.json');
  const { overrides } = read('package.json');
  const { '': own, ...others } = packages;
  const dependencies = { [own.name]: `file:${tarball}` };
  const { devDependencies: _, ...entry } = own;
  const lock = {
    ...rest,
    name: 'empty',
    packages: {
      '': { name: 'empty', dependencies },
      [`node_modules/${own.name}`]: { ...entry, resolved: `file:${tarball}` },
      ...others,
    },
  };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'empty', private: true, dependencies, overrides }),
  );
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  execFileSync('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: folder, env, stdio: 'pipe' });
}
