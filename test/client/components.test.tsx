// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RecordFieldsFragment } from '../../client/api/generated/graphql.ts';
import { ActivityLog } from '../../client/overview/activity-log.tsx';
import { RecordTable } from '../../client/records/record-table.tsx';
import { Toasts } from '../../client/shell/toasts.tsx';
import { createActivityLog } from '../../client/state/activity.ts';
import { addActivity, noActivity } from '../../client/state/activity-entries.ts';
import { createPageState } from '../../client/state/create-page-state.ts';
import { PageContext, type PageState } from '../../client/state/page.ts';
import { MemoryBar } from '../../client/ui/memory-bar.tsx';
import { PauseMeter } from '../../client/ui/pause-meter.tsx';

let page: PageState;
beforeEach(() => {
  sessionStorage.clear();
  page = createPageState();
});
const show = (node: ReactNode) =>
  render(
    <MantineProvider>
      <PageContext value={page}>{node}</PageContext>
    </MantineProvider>,
  );

beforeAll(() => {
  // What jsdom lacks of a browser.
  window.matchMedia ??= (query) =>
    ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList;
});
afterEach(cleanup);

describe('the activity log', () => {
  it('shows what happened in words and not in colors alone, and the count', () => {
    let log = noActivity;
    for (let seq = 1; seq <= 21; seq += 1)
      log = addActivity(log, {
        key: `c${seq}`,
        at: '2026-11-21T12:00:00Z',
        tone: seq === 21 ? 'error' : 'info',
        text: `Dump of vm-${seq} queued`,
        seq,
        operationId: 'op',
      });
    page = { ...page, activity: createActivityLog(log) };
    show(<ActivityLog />);
    const items = within(screen.getByRole('log', { name: 'Activity log' })).getAllByRole('listitem');
    expect(items).toHaveLength(20);
    expect(items.at(-1)?.textContent).toContain('Error: Dump of vm-21 queued');
    expect(screen.getByRole('region', { name: 'Activity' }).textContent).toContain('21 entries in all');
  });

  it('does not speak by itself: the toasts do', () => {
    page.activity.page('info', 'Reconnected');
    show(<ActivityLog />);
    expect(screen.getByRole('log').getAttribute('aria-live')).toBe('off');
  });
});

describe('toasts', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('are in a live region, stacked, of four kinds, and go after three seconds', () => {
    show(<Toasts />);
    act(() => {
      for (const tone of ['success', 'error', 'warning', 'info'] as const) page.toasts.show(tone, `a ${tone}`);
    });
    expect(screen.getByRole('status').textContent).toBe('Done: a successError: a errorWarning: a warningInfo: a info');
    act(() => void vi.advanceTimersByTime(2999));
    expect(page.toasts.get()).toHaveLength(4);
    act(() => void vi.advanceTimersByTime(1));
    expect(page.toasts.get()).toHaveLength(0);
  });

  it('stay for as long as someone points at them', () => {
    show(<Toasts />);
    act(() => page.toasts.show('error', 'read me'));
    fireEvent.pointerEnter(screen.getByText('read me').parentElement as HTMLElement);
    act(() => void vi.advanceTimersByTime(60_000));
    expect(screen.getByText('read me')).toBeTruthy();
    fireEvent.pointerLeave(screen.getByText('read me').parentElement as HTMLElement);
    act(() => void vi.advanceTimersByTime(3000));
    expect(screen.queryByText('read me')).toBeNull();
  });
});

describe('the table of records', () => {
  const record: RecordFieldsFragment = {
    __typename: 'DumpRecord',
    id: 'id-1',
    time: '2026-11-21T12:00:00Z',
    dom: '<img src=x onerror=alert(1)>\u202e',
    vmid: '101',
    machineId: 'm-1',
    host: 'h',
    state: 'DELETED',
    sha256: 'a'.repeat(64),
    imageSha256: null,
    durationSec: 5.23,
    gzipSizeBytes: 2147483648,
    rawSizeBytes: 4294967296,
    ctime: 0,
    mtime: 0,
    atime: 0,
    dumpPath: '/var/dumps/x.zst',
    format: 'ELF',
    compression: 'ZSTD',
    method: 'SNAPSHOT',
    guestPauseMs: 2.1,
    demo: true,
  };

  it('has the eight columns', () => {
    show(<RecordTable records={[record]} />);
    expect(screen.getAllByRole('columnheader').map(({ textContent }) => textContent)).toEqual([
      'VM ID',
      'Name',
      'Time',
      'Duration',
      'SHA-256',
      'Path',
      'Size',
      'Actions',
    ]);
  });

  it('shows a hostile name as the text that it is', () => {
    const { container } = show(<RecordTable records={[record]} />);
    expect(container.querySelector('img')).toBeNull();
    expect(screen.getByRole('rowheader').textContent).toContain('<img src=x onerror=alert(1)>⟨U+202E⟩');
  });

  it('says that the file is gone, that the machine is simulated, and how long the guest was paused', () => {
    show(<RecordTable records={[record]} />);
    const row = screen.getAllByRole('row')[1]?.textContent;
    for (const text of ['Deleted', 'demo', '2.1 ms', '5.23 s', '2 GiB']) expect(row).toContain(text);
  });

  it('tells by which column it is sorted, and asks for another', () => {
    const change = vi.fn();
    show(<RecordTable records={[]} sorting={{ by: 'TIME', direction: 'DESC', change }} />);
    expect(screen.getByRole('columnheader', { name: 'Time' }).getAttribute('aria-sort')).toBe('descending');
    expect(screen.getByRole('columnheader', { name: 'Size' }).getAttribute('aria-sort')).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: 'Size' }));
    expect(change).toHaveBeenCalledWith('SIZE');
  });
});

describe('bars and meters', () => {
  it('say how far something is', () => {
    show(<MemoryBar label="Progress of web-01" readBytes={512} writtenBytes={100} totalBytes={1024} text="50 %" />);
    const bar = screen.getByRole('progressbar', { name: 'Progress of web-01' });
    expect([bar.getAttribute('aria-valuenow'), bar.getAttribute('aria-valuetext')]).toEqual(['50', '50 %']);
  });

  it('do not guess when the whole is unknown', () => {
    show(<MemoryBar label="x" readBytes={512} writtenBytes={100} totalBytes={null} text="reading" />);
    expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBeNull();
  });

  it('say the pause in words, expected or measured, or that nobody knows', () => {
    const { container } = show(
      <>
        <PauseMeter pauseMs={2.1} />
        <PauseMeter pauseMs={8000} expected />
        <PauseMeter pauseMs={0} expected />
        <PauseMeter pauseMs={null} />
      </>,
    );
    const texts = [...container.querySelectorAll('[data-step]')].map(({ textContent }) => textContent);
    expect(texts).toEqual(['2.1 ms', '~ 8 s', 'no pause', 'unknown']);
  });
});
