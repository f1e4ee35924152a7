import { type CacheExchangeOpts, cacheExchange } from '@urql/exchange-graphcache';

const embedded = () => null;

/** Objects without an identity live inside of the field that has them; the service is the only one of its kind. */
const keys: CacheExchangeOpts['keys'] = {
  Service: () => 'service',
  HypervisorInfo: embedded,
  StorageInfo: embedded,
  InfluxInfo: embedded,
  DeadLetter: ({ seq }) => String(seq),
  DeadLetterConnection: embedded,
  RetryDeadLettersPayload: embedded,
  OperationCount: embedded,
  CaptureOptions: embedded,
  CaptureMethodForecast: embedded,
  CaptureBlocker: embedded,
  Progress: embedded,
  OperationError: embedded,
  DumpConnection: embedded,
  DumpRecordConnection: embedded,
  OperationConnection: embedded,
  PageInfo: embedded,
  DumpStats: embedded,
  DumpDay: embedded,
  TriggerDumpsPayload: embedded,
  DumpRejection: embedded,
  OperationEvent: embedded,
  DumpProgress: embedded,
  OperationProgress: embedded,
  VmChange: embedded,
  VmStats: embedded,
  VmStatsPoint: embedded,
  VmUsage: embedded,
  Session: () => 'session',
  AuditRecord: ({ seq }) => String(seq),
  AuditRecordConnection: embedded,
  CreateTokenPayload: embedded,
  Download: embedded,
};

/** The normalised cache: one copy of each machine, dump, record and operation, whichever document brought it. */
export const createCache = () =>
  cacheExchange({
    keys,
    optimistic: {
      // The wish is on its way; whether it is granted comes by the event stream.
      cancelDump: ({ id }) => ({ __typename: 'Dump', id: String(id), cancelRequested: true }),
    },
  });
