import {
  Bool,
  type Data,
  type DataType,
  Field,
  Float64,
  Int64,
  MessageReader,
  makeData,
  Null,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampNanosecond,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import type { Value } from './evaluate.ts';
import type { Result, ResultColumn } from './query.ts';

/** One message of a Flight stream: Arrow's header (a flatbuffer) and body. */
export interface FlightMessage {
  readonly header: Uint8Array;
  readonly body: Uint8Array;
}

/** A schema message and batches of at most `batchRows`; `emptyFirst` adds an empty batch, as the server sends to keep a stream alive. */
export function toMessages(result: Result, batchRows = 8_192, emptyFirst = false): FlightMessage[] {
  const fields = result.columns.map(toField);
  const schema = new Schema(fields);
  const batches: RecordBatch[] = [];
  if (emptyFirst) batches.push(toBatch(schema, result.columns, []));
  for (let at = 0; at < result.rows.length; at += batchRows) {
    batches.push(toBatch(schema, result.columns, result.rows.slice(at, at + batchRows)));
  }
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  for (const batch of batches) writer.write(batch);
  writer.finish();
  return cutMessages(writer.toUint8Array(true));
}

const types = {
  timestamp: () => new TimestampNanosecond(null),
  int: () => new Int64(),
  float: () => new Float64(),
  // Dictionaries are hydrated on the way: tags travel as plain text.
  string: () => new Utf8(),
  bool: () => new Bool(),
  null: () => new Null(),
} as const;

function toField({ name, type, origin }: ResultColumn): Field {
  return new Field(name, types[type](), true, origin === null ? new Map() : new Map([['iox::column::type', origin]]));
}

function toBatch(schema: Schema, columns: readonly ResultColumn[], rows: readonly (readonly Value[])[]): RecordBatch {
  const children = columns.map((column, at) =>
    toData(
      column,
      rows.map((row) => row[at] ?? null),
    ),
  );
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children }),
  );
}

function toData({ type }: ResultColumn, values: readonly Value[]): Data {
  // The builders for times and whole numbers take other values than the wire has: those columns are made by hand.
  if (type === 'timestamp' || type === 'int') {
    const data = BigInt64Array.from(values, (value) => (value === null ? 0n : BigInt(value as bigint)));
    const nullBitmap = new Uint8Array(Math.ceil(values.length / 8) + 8);
    values.forEach((value, at) => {
      if (value !== null) nullBitmap[at >> 3] = (nullBitmap[at >> 3] as number) | (1 << (at & 7));
    });
    const nullCount = values.filter((value) => value === null).length;
    return makeData({ type: types[type]() as Int64, length: values.length, nullCount, data, nullBitmap });
  }
  const vector = vectorFromArray(values as unknown[], types[type]() as DataType);
  return vector.data[0] ?? makeData({ type: types[type]() as Utf8 });
}

/** The streaming format (arrow.apache.org, "IPC streaming format"): FFFFFFFF, length, flatbuffer, body; the end mark is left out. */
function cutMessages(stream: Uint8Array): FlightMessage[] {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  const messages: FlightMessage[] = [];
  const reader = new MessageReader(stream);
  let at = 0;
  for (const message of reader) {
    const length = view.getInt32(at + 4, true);
    const start = at + 8;
    const bodyStart = start + length;
    const bodyLength = Number(message.bodyLength);
    reader.readMessageBody(bodyLength);
    messages.push({
      header: stream.subarray(start, bodyStart),
      body: stream.subarray(bodyStart, bodyStart + bodyLength),
    });
    at = bodyStart + bodyLength;
  }
  return messages;
}
