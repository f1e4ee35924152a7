import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatBytes } from '../../format/bytes.ts';
import { formatCount } from '../../format/count.ts';
import { formatSeconds } from '../../format/duration.ts';
import { plainText } from '../../format/plain-text.ts';
import { sentence } from '../../format/sentence.ts';
import type { Fact } from '../../ui/facts.tsx';
import { CopyButton } from '../../ui/hash.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Name } from '../../ui/name.tsx';
import { methodLabels } from '../forecast.ts';
import styles from './details.module.css';
import type { Dump, DumpRecord } from './details.tsx';

const compressions: Record<string, string> = { ZSTD: 'zstd, seekable', GZIP: 'gzip', NONE: 'none' };
const formats: Record<string, string> = { ELF: 'ELF core', RAW: 'raw physical memory' };
const methods: Record<string, string> = methodLabels;

export function fileFacts(record: DumpRecord): Fact[] {
  const ratio = record.rawSizeBytes / record.gzipSizeBytes;
  return [
    ['SHA-256', <Copied key="sha256" text={record.sha256} what="hash" />],
    ['Image SHA-256', record.imageSha256 && <Copied key="image" text={record.imageSha256} what="hash of the image" />],
    ['Path', <Copied key="path" text={record.dumpPath} what="path" />],
    [
      'Size',
      `${formatBytes(record.gzipSizeBytes)} on disk for ${formatBytes(record.rawSizeBytes)} of memory${
        ratio >= 1.05 ? ` (${ratio.toFixed(1)} : 1)` : ''
      }`,
    ],
    ['Exact size', `${formatCount(record.gzipSizeBytes)} of ${formatCount(record.rawSizeBytes)} bytes`],
    ['Format', `${formats[record.format] ?? record.format}, ${compressions[record.compression] ?? record.compression}`],
  ];
}

export function machineFacts(dump: Dump | null, record: DumpRecord | null): Fact[] {
  const id = dump?.machineId ?? record?.machineId;
  return [
    [
      'Name',
      <Link key="name" href={`/machines/${id}`}>
        <Name>{record?.dom ?? dump?.vmName ?? ''}</Name>
      </Link>,
    ],
    ['VM ID', plainText(record?.vmid ?? dump?.vmid ?? '')],
    ['Machine ID', mono(id)],
    ['Host', record?.host ?? dump?.host ?? null],
  ];
}

export function captureFacts(dump: Dump | null, record: DumpRecord | null): Fact[] {
  const method = record?.method ?? dump?.method;
  return [
    ['Method', method ? (methods[method] ?? method) : null],
    ['Reason', dump?.methodReason ? sentence(dump.methodReason) : null],
    ['Requested by', dump ? plainText(dump.actor) : null],
    ['Format', record || !dump ? null : `${formats[dump.format]}, ${compressions[dump.compression]}`],
    ['Dump ID', mono(dump?.id ?? record?.id)],
  ];
}

export function timeFacts(dump: Dump | null, record: DumpRecord | null): Fact[] {
  const seconds = (value: number | undefined) => value !== undefined && new Date(value * 1000).toISOString();
  return [
    ['Requested', moment(dump?.createdAt)],
    ['Started', moment(dump?.startedAt)],
    ['Finished', moment(dump?.finishedAt)],
    ['Recorded', moment(record?.time)],
    ['Duration', record ? formatSeconds(record.durationSec) : null],
    ['File changed', moment(seconds(record?.ctime))],
    ['File modified', moment(seconds(record?.mtime))],
    ['File accessed', moment(seconds(record?.atime))],
  ];
}

const mono = (text: string | undefined): ReactNode => (text ? <span className="mono">{text}</span> : null);
const moment = (at: string | false | null | undefined): ReactNode => (at ? <Moment at={at} /> : null);

function Copied({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <span className={styles.copied}>
      <span className="mono">{plainText(text)}</span>
      <CopyButton text={text} what={what} />
    </span>
  );
}
