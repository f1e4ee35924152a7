import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

describe('the dashboard’s documents', () => {
  it('are generated from the schema as it is checked in', () => {
    const command = 'node_modules/.bin/graphql-codegen';
    const { status, stdout, stderr } = spawnSync(command, ['--config', 'codegen.ts', '--check'], { encoding: 'utf8' });
    expect(status, `run \`npm run generate\`\n${stdout}${stderr}`).toBe(0);
  });
});
