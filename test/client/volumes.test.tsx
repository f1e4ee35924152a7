// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { Client, fetchExchange, Provider, subscriptionExchange } from 'urql';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAnswers } from '../../client/api/answers.ts';
import type { Api } from '../../client/api/client.ts';
import { ApiContext } from '../../client/api/use-api.ts';
import { wholeAnswers } from '../../client/api/whole-answers.ts';
import { createPageState } from '../../client/state/create-page-state.ts';
import { PageContext, type PageState } from '../../client/state/page.ts';
import {
  fromBytes,
  readVolumeView,
  toBytes,
  type Volume,
  viewVolumes,
  writeVolumeView,
} from '../../client/volumes/volume-view.ts';
import { Volumes } from '../../client/volumes/volumes.tsx';

beforeAll(() => {
  // What jsdom lacks of a browser.
  window.matchMedia ??= (query) =>
    ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList;
  globalThis.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
});
afterEach(cleanup);

const attached = { machineId: 'm1', machineName: 'web-01', since: '2026-11-21T12:00:00Z' };
const volume = (name: string, part: object = {}): Volume =>
  ({
    __typename: 'Volume',
    id: `id-${name}`,
    name,
    provider: 'demo',
    providerId: `${name}.img`,
    state: 'AVAILABLE',
    sizeBytes: 2 ** 30,
    serial: `serial-${name}`,
    zone: null,
    offering: null,
    attachment: null,
    device: null,
    export: null,
    problem: null,
    createdAt: '2026-11-21T12:00:00Z',
    ...part,
  }) as Volume;
const problem = { code: 'DEVICE_MISSING', message: 'no device shows its serial', hint: 'Look at the machine.' };

/** The screen in front of a server that answers each operation by its name. */
async function show(answers: Record<string, object>, id?: string) {
  const asked: { name: string; variables: Record<string, unknown> }[] = [];
  const sinks = new Map<string, (data: object) => void>();
  const usual: Record<string, object> = {
    Volumes: { volumes: [], volumeProvider: { kind: 'demo', demo: true } },
    VolumeDifferences: { volumeReport: null },
    ActiveVolumeOperations: { operations: { nodes: [] } },
  };
  const client = new Client({
    url: 'http://server/graphql',
    preferGetMethod: false,
    fetch: (async (_: unknown, { body }: { body: string }) => {
      const { operationName, variables } = JSON.parse(body);
      asked.push({ name: operationName, variables });
      return new Response(JSON.stringify({ data: { ...usual, ...answers }[operationName] ?? null }), {
        headers: { 'content-type': 'application/json' },
      });
    }) as unknown as typeof globalThis.fetch,
    exchanges: [
      wholeAnswers(),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '' }) => ({
          subscribe: (sink) => {
            sinks.set(/subscription (\w+)/.exec(query)?.[1] ?? '', (data) => sink.next({ data }));
            return { unsubscribe: () => undefined };
          },
        }),
      }),
    ],
  });
  const page: PageState = createPageState();
  page.connection.set({ state: 'LIVE' });
  page.role.set('ADMIN');
  const api = { client, answers: createAnswers(client, page.freshness) } as unknown as Api;
  render(
    <MantineProvider>
      <PageContext value={page}>
        <ApiContext value={api}>
          <Provider value={client}>
            <Volumes id={id} />
          </Provider>
        </ApiContext>
      </PageContext>
    </MantineProvider>,
  );
  await screen.findByRole('heading', { level: 1, name: 'Volumes' });
  return { page, asked, push: (name: string, data: object) => act(() => sinks.get(name)?.(data)) };
}

describe('what the list of volumes shows', () => {
  const all = [
    volume('data', { state: 'ATTACHED', attachment: attached, device: { path: '/dev/vdq' } }),
    volume('logs', { problem }),
  ];

  it('is found by name, machine, device and serial, and by state or problem', () => {
    const names = (search: string, filter: '' | 'ATTACHED' | 'PROBLEM' = '') =>
      viewVolumes(all, { search, filter }).map(({ name }) => name);
    expect(names('')).toEqual(['data', 'logs']);
    for (const text of ['DATA', 'web-01', 'vdq', 'serial-d', 'id-d']) expect(names(text), text).toEqual(['data']);
    expect(names('', 'ATTACHED')).toEqual(['data']);
    expect(names('', 'PROBLEM')).toEqual(['logs']);
  });

  it('is in the address, and nonsense there is the default', () => {
    const view = { search: 'a b', filter: 'PROBLEM' } as const;
    expect(readVolumeView(writeVolumeView(view))).toEqual(view);
    expect(readVolumeView('?state=odd')).toEqual({ search: '', filter: '' });
    expect(writeVolumeView({ search: '', filter: '' })).toBe('');
  });

  it('has sizes in the largest unit that says them without a fraction', () => {
    expect(fromBytes(3 * 2 ** 30)).toEqual({ amount: 3, unit: 'GiB' });
    expect(fromBytes(1536 * 2 ** 20)).toEqual({ amount: 1536, unit: 'MiB' });
    for (const bytes of [2 ** 20, 5 * 2 ** 30, 2 ** 41]) expect(toBytes(fromBytes(bytes))).toBe(bytes);
    expect(toBytes(fromBytes(1_000_000_001))).toBe(1_000_000_001);
  });
});

describe('the screen of volumes', () => {
  it.each([
    ['demo', 'LIBVIRT_URI'],
    ['libvirt', 'VOLUME_POOL'],
    ['cloudstack', 'CLOUDSTACK_ZONE'],
  ])('says, where there are none, how to choose a provider: %s', async (kind, word) => {
    await show({ Volumes: { volumes: [], volumeProvider: { kind, demo: kind === 'demo' } } });
    expect(await screen.findByText('No volumes yet.')).toBeTruthy();
    expect(screen.getByText(word)).toBeTruthy();
    expect(screen.queryAllByText('demo')).toHaveLength(kind === 'demo' ? 1 : 0);
  });

  it('says what is attached where, what is wrong, and what is being done with each', async () => {
    const volumes = [volume('data', { state: 'ATTACHED', attachment: attached }), volume('logs', { problem })];
    const operation = { __typename: 'VolumeOperation', id: 'op1', kind: 'VOLUME_DETACH', state: 'RUNNING' };
    const { push } = await show({
      Volumes: { volumes, volumeProvider: { kind: 'demo', demo: true } },
      ActiveVolumeOperations: {
        operations: { nodes: [{ ...operation, message: 'Waiting', volumeId: 'id-data', volumeName: 'data' }] },
      },
    });
    const row = async (name: string) =>
      within((await screen.findByRole('rowheader', { name: new RegExp(name) })).closest('tr')!);
    expect((await row('data')).getByRole('link', { name: 'web-01' }).getAttribute('href')).toBe('/machines/m1');
    await (await row('data')).findByText('Waiting');
    expect((await row('logs')).getByText('No device shows its serial.')).toBeTruthy();
    // What is at work is not begun twice.
    const detach = (await row('data')).getByRole('button', { name: 'Detach data' });
    expect(detach.hasAttribute('disabled')).toBe(true);
    push('VolumeProgress', {
      operationProgress: { id: 'op1', state: 'RUNNING', message: 'Detaching data', final: false },
    });
    await (await row('data')).findByText('Detaching data');
    push('VolumeProgress', { operationProgress: { id: 'op1', state: 'COMPLETED', message: 'Done', final: true } });
    expect((await row('data')).queryByText('Detaching data')).toBeNull();
  });

  it('detaches only after a question that says what it means', async () => {
    const volumes = [volume('data', { state: 'ATTACHED', attachment: attached })];
    const { page, asked } = await show({
      Volumes: { volumes, volumeProvider: { kind: 'libvirt', demo: false } },
      DetachVolume: { detachVolume: { operation: { id: 'op' }, errors: [] } },
    });
    fireEvent.click(await screen.findByRole('button', { name: 'Detach data' }));
    const question = page.dialogs.question.get();
    expect(question).toMatchObject({ title: 'Detach data from web-01?', action: 'Detach' });
    expect(question?.text).toContain('Unmount');
    expect(asked.map(({ name }) => name)).not.toContain('DetachVolume');
    await act(async () => question?.run());
    expect(asked.find(({ name }) => name === 'DetachVolume')?.variables).toEqual({ volume: 'id-data', vm: null });
  });

  it('offers a viewer nothing that would be refused', async () => {
    const { page } = await show({
      Volumes: { volumes: [volume('data')], volumeProvider: { kind: 'demo', demo: true } },
    });
    act(() => page.role.set('VIEWER'));
    for (const name of ['New volume…', 'Attach data', 'Reconcile now']) {
      const button = await screen.findByRole('button', { name });
      expect(button.getAttribute('title'), name).toContain('Requires the operator role');
      expect(button.hasAttribute('disabled')).toBe(true);
    }
  });

  it('shows what disagrees, and compares when asked', async () => {
    const report = (problems: string[]) => ({
      at: '2026-11-21T12:00:00Z',
      tookMs: 3,
      volumes: 2,
      repaired: [],
      problems,
      orphans: [{ id: 'x', providerId: 'stray.img', sizeBytes: 2 ** 30 }],
      failure: null,
    });
    const { page, asked } = await show({
      VolumeDifferences: { volumeReport: report(['data: demo no longer has it']) },
      ReconcileVolumes: { reconcileVolumes: { report: { ...report([]), orphans: [] }, errors: [] } },
    });
    const panel = within(await screen.findByRole('region', { name: 'Differences' }));
    expect(await panel.findByText('2 volumes compared: 2 differences.')).toBeTruthy();
    expect(panel.getByText('data: demo no longer has it')).toBeTruthy();
    expect(panel.getByText('stray.img (1 GiB). It is left alone.')).toBeTruthy();
    await act(async () => fireEvent.click(panel.getByRole('button', { name: 'Reconcile now' })));
    expect(asked.map(({ name }) => name)).toContain('ReconcileVolumes');
    expect(page.toasts.get().map(({ text }) => text)).toEqual(['2 volumes compared: no differences.']);
  });

  it('shows a volume’s facts and history, and why a button is off', async () => {
    const exported = { name: 'data', uri: 'nbd+unix:///data?socket=/s', writable: false, since: attached.since };
    const node = { id: 'op', kind: 'VOLUME_EXPORT', state: 'FAILED', message: '', actor: 'eve', error: problem };
    const times = { createdAt: attached.since, startedAt: attached.since, finishedAt: attached.since };
    await show(
      {
        Volumes: { volumes: [volume('data', { export: exported })], volumeProvider: { kind: 'demo', demo: true } },
        VolumeHistory: { volume: { id: 'id-data', history: { totalCount: 21, nodes: [{ ...node, ...times }] } } },
      },
      'id-data',
    );
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText('nbd+unix:///data?socket=/s')).toBeTruthy();
    expect(dialog.getByRole('button', { name: 'Delete…' }).getAttribute('title')).toBe('End its export first.');
    expect(dialog.getByRole('button', { name: 'End export…' }).hasAttribute('disabled')).toBe(false);
    const history = within(await dialog.findByRole('region', { name: 'History' }));
    expect(history.getByRole('link', { name: 'Volume export' }).getAttribute('href')).toBe('/operations/op');
    expect(history.getByText('No device shows its serial.', { exact: false })).toBeTruthy();
    expect(history.getByText('The newest 1 of 21.')).toBeTruthy();
  });
});
