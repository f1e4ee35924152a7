import { lacksBench, lacksOldGeneration } from '../bench/generation.ts';

/** Both pairs of libvirt and QEMU; the old one runs where BENCH_OLD=1 asks for it. */
export const generations = [
  { generation: 'new', skip: lacksBench(), major: 11n },
  { generation: 'old', skip: lacksOldGeneration(), major: 9n },
] as const;
