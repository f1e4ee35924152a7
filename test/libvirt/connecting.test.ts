import { describe, expect, it } from 'vitest';
import { connect } from '../../src/libvirt/connect.ts';
import { fakeDaemon } from '../fakes/libvirt/connected-pair.ts';
import { FakeFailure } from '../fakes/libvirt/handlers.ts';
import { patient } from '../fakes/libvirt/patient.ts';

const failing = (code: string) => expect.objectContaining({ code });

describe('connecting', () => {
  it('asks polkit where the daemon wants it, and says what to do when it refuses', async () => {
    const fake = await fakeDaemon();
    fake.overrides = { authList: () => [2], authPolkit: () => 0 };
    await (await connect(fake.uri)).close();
    fake.overrides = {
      authList: () => [2],
      authPolkit: () => {
        throw new FakeFailure(94, "no polkit agent available to authenticate action 'org.libvirt.unix.manage'");
      },
    };
    await expect(connect(fake.uri)).rejects.toMatchObject({
      code: 'AUTH_UNAVAILABLE',
      number: 94,
      mend: expect.stringMatching(/polkit rule/),
    });
  });

  it('does not speak SASL, and says so', async () => {
    const fake = await fakeDaemon();
    fake.overrides = { authList: () => [1] };
    await expect(connect(fake.uri)).rejects.toMatchObject({
      code: 'AUTH_UNSUPPORTED',
      mend: expect.stringMatching(/SASL/),
    });
  });

  it('passes on what the daemon says of its hypervisor', async () => {
    const fake = await fakeDaemon();
    fake.overrides = {
      connectOpen: () => {
        throw new FakeFailure(5, 'no connection driver available for qemu:///system');
      },
    };
    await expect(connect(fake.uri)).rejects.toMatchObject({ code: 'NO_CONNECT', number: 5 });
    await expect.poll(() => fake.clients.size, patient).toBe(0);
  });

  it('ends at its time limit and at its signal, and leaves no connection behind', async () => {
    const fake = await fakeDaemon();
    fake.freeze();
    await expect(connect(fake.uri, { connectTimeoutMs: 30 })).rejects.toEqual(failing('TIMEOUT'));
    const abort = new AbortController();
    const connecting = connect(fake.uri, { signal: abort.signal });
    await expect.poll(() => fake.accepted, patient).toBe(2);
    abort.abort();
    await expect(connecting).rejects.toEqual(failing('ABORTED'));
    await expect(connect(fake.uri, { signal: AbortSignal.abort() })).rejects.toEqual(failing('ABORTED'));
    await expect.poll(() => fake.clients.size, patient).toBe(0);
  });
});
