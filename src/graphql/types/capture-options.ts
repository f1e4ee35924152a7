import type { DumpForecast } from '../../dumps/dumps.ts';
import type { CaptureBlocker, MethodForecast } from '../../machines/capture.ts';
import { builder } from '../builder.ts';
import { CaptureMethodEnum, ErrorCodeEnum } from '../enums.ts';
import { DumpType } from './dump.ts';
import { VmType } from './vm.ts';

const MethodForecastType = builder.objectRef<MethodForecast>('CaptureMethodForecast').implement({
  description: 'Estimate for one capture method.',
  fields: (t) => ({
    method: t.expose('method', { type: CaptureMethodEnum, description: 'The method.' }),
    possible: t.exposeBoolean('possible', { description: 'Whether it is available.' }),
    expectedPauseMs: t.exposeFloat('expectedPauseMs', {
      nullable: true,
      description: 'How long the guest is expected to stand still, in milliseconds; null where nothing is known.',
    }),
  }),
});

const CaptureBlockerType = builder.objectRef<CaptureBlocker>('CaptureBlocker').implement({
  description: 'Something that blocks a capture method.',
  fields: (t) => ({
    method: t.expose('method', { type: CaptureMethodEnum, description: 'The method that it blocks.' }),
    code: t.expose('code', {
      type: ErrorCodeEnum,
      description: 'The error code that a dump with this method would be rejected with.',
    }),
    reason: t.exposeString('reason', { description: 'The reason, and how to fix it.' }),
  }),
});

export const CaptureOptionsType = builder.objectRef<DumpForecast>('CaptureOptions');

CaptureOptionsType.implement({
  description: 'Estimated impact of a dump, before anything runs.',
  fields: (t) => ({
    vm: t.field({ type: VmType, description: 'The machine.', resolve: (forecast) => forecast.machine }),
    methods: t.field({
      type: [MethodForecastType],
      description: 'Estimate for each method.',
      extensions: { length: 2 },
      resolve: (forecast) => [...forecast.methods],
    }),
    blockers: t.field({
      type: [CaptureBlockerType],
      description: 'What blocks the unavailable methods.',
      extensions: { length: 5 },
      resolve: (forecast) => [...forecast.blockers],
    }),
    automatic: t.expose('automatic', {
      type: CaptureMethodEnum,
      nullable: true,
      description: 'The method that AUTO would choose; null if none is available.',
    }),
    automaticReason: t.exposeString('automaticReason', { description: 'Why AUTO would choose it.' }),
    memoryBytes: t.expose('memoryBytes', {
      type: 'ByteCount',
      description: 'Size of the uncompressed image: the guest’s memory.',
    }),
    expectedSizeBytes: t.expose('expectedSizeBytes', {
      type: 'ByteCount',
      description: 'Upper bound of the artifact: what is reserved before the capture starts.',
    }),
    freeBytes: t.expose('freeBytes', { type: 'ByteCount', description: 'Free space where artifacts are kept.' }),
    enoughSpace: t.exposeBoolean('enoughSpace', { description: 'Whether the artifact fits.' }),
    activeDump: t.field({
      type: DumpType,
      nullable: true,
      description: 'The dump of this machine that is queued or running: another is refused until it is over.',
      resolve: (forecast) => forecast.active,
    }),
  }),
});
