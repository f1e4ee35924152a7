import { describe, expect, it } from 'vitest';
import type { EventFieldsFragment } from '../../client/api/generated/graphql.ts';
import { actionLabel, detailsText } from '../../client/settings/audit-text.ts';
import { findCommands } from '../../client/shell/palette-commands.ts';
import { eventText } from '../../client/state/event-text.ts';

const event = (part: object) => ({ type: 'NOTED', kind: 'DUMP', subject: 'vm:1', ...part }) as EventFieldsFragment;

describe('a line of the activity log', () => {
  it('names what a note is about', () => {
    const operation = { dump: { vmName: 'web-01' } };
    expect(eventText(event({ message: 'Deleted by local', operation }))).toBe('Dump of web-01: deleted by local');
  });

  it('names the dump of a verification: by its machine, else by the beginning of its id', () => {
    const verified = { type: 'COMPLETED', kind: 'VERIFY', subject: 'artifact:019ab3f2-1111-7000-8000-000000000000' };
    expect(eventText(event({ ...verified, operation: { dump: { vmName: 'web-01' } } }))).toBe(
      'Verification of web-01 completed',
    );
    expect(eventText(event({ ...verified, operation: { dump: null } }))).toBe(
      'Verification of dump 019ab3f2 completed',
    );
  });
});

describe('the audit log', () => {
  it('says in words what was called, and with what', () => {
    expect(actionLabel('triggerDumps')).toBe('Trigger dumps');
    const details = { input: { vms: ['web-01', 'db-01'], all: false, method: 'AUTO', idempotencyKey: null } };
    expect(detailsText(JSON.stringify(details))).toBe('vms: web-01, db-01; method: AUTO');
    expect(detailsText('{"input":{"all":true}}')).toBe('all');
  });

  it('shows what is no JSON, and what is hostile, as the text that it is', () => {
    expect(detailsText('not { json')).toBe('not { json');
    expect(detailsText('{"name":"a\\u202eb"}')).toBe('name: a⟨U+202E⟩b');
  });
});

describe('the command palette', () => {
  const commands = ['Go to Machines', 'Open web-01', 'Dump web-01…', 'Open old-web', 'Open db-01'].map((label) => ({
    label,
  }));
  const found = (text: string) => findCommands(commands, text).map(({ label }) => label);

  it('finds by every word, in any order, and first what begins with it', () => {
    expect(found('web dump')).toEqual(['Dump web-01…']);
    expect(found('WEB')).toEqual(['Open web-01', 'Dump web-01…', 'Open old-web']);
    expect(found('')).toHaveLength(5);
    expect(found('nothing')).toEqual([]);
  });
});
