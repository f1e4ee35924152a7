/*
 * The litmus: a program for a guest whose memory is to be captured while it runs. Whether a captured image shows one moment
 * can be read off the image alone.
 *
 *   litmus WRITERS PAGES
 *
 * Each writer is a process pinned to a virtual CPU of its own, with PAGES pages of 4 KiB. It writes 0, 1, 2, … without end:
 * value s goes into page s mod PAGES. At one moment the pages of a writer therefore hold exactly PAGES consecutive values.
 * Each page also holds how many values its writer saw the next writer have finished: at one moment no such count can be above
 * what that writer's own pages show. And the value stands twice in a page, at its start and, written after it, at its
 * end: at one moment at most the newest page of a writer has an end that lags.
 *
 * The layout of a page (little-endian, x86) is repeated in litmus-check.ts.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MAX_WRITERS 8

struct page {
  uint64_t magic;            /* "memoir-L"; stored by a formula, so that no page of the program's file looks like one */
  uint32_t writer;           /* which writer's page this is */
  uint32_t writers;          /* of how many */
  uint32_t index;            /* which of its pages */
  uint32_t pages;            /* of how many */
  _Atomic uint64_t seq;      /* the value */
  _Atomic uint64_t seen;     /* how many values the next writer had finished */
  uint8_t filler[4096 - 48]; /* differs from page to page */
  _Atomic uint64_t end;      /* the value again */
};

/* What a writer tells the reporter and its neighbour; one cache line each. */
struct shared {
  _Atomic uint64_t finished; /* values written: all below are in memory */
  _Atomic uint64_t gap;      /* longest time between two looks at the counter, in its ticks */
  uint8_t apart[64 - 16];
};

/*
 * A writer looks at the processor's own counter: any other clock of an emulated machine is a device, reading it waits for
 * QEMU's big lock, and a writer that waits for that lock would be held still by the very work that must not see it move.
 */
static uint64_t ticks(void) { return __builtin_ia32_rdtsc(); }

static uint64_t microseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000;
}

/* Shared memory of the processes, every page of it present. */
static void *memory(size_t size) {
  void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (at == MAP_FAILED) {
    perror("litmus: mmap");
    exit(1);
  }
  return at;
}

static void write_value(struct page *page, uint64_t seq, uint64_t seen) {
  atomic_store_explicit(&page->seen, seen, memory_order_relaxed);
  atomic_store_explicit(&page->seq, seq, memory_order_release);
  atomic_store_explicit(&page->end, seq, memory_order_release);
}

static void write_for_ever(struct page *pages, uint32_t count, uint32_t cpu, struct shared *own, struct shared *next) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set)) perror("litmus: pinning");
  uint64_t last = ticks();
  uint64_t seq = count;
  for (uint32_t index = 0;; index = index + 1 == count ? 0 : index + 1, seq++) {
    write_value(&pages[index], seq, atomic_load_explicit(&next->finished, memory_order_acquire));
    atomic_store_explicit(&own->finished, seq + 1, memory_order_release);
    if (seq % 64) continue;
    uint64_t time = ticks();
    if (time - last > atomic_load(&own->gap)) atomic_store(&own->gap, time - last);
    last = time;
  }
}

int main(int argc, char **argv) {
  uint32_t writers = argc > 1 ? (uint32_t)atoi(argv[1]) : 1;
  uint32_t count = argc > 2 ? (uint32_t)atoi(argv[2]) : 8192;
  if (writers < 1 || writers > MAX_WRITERS || count < 1) return 2;
  struct shared *shared = memory(sizeof(struct shared) * MAX_WRITERS);
  struct page *pages = memory(sizeof(struct page) * count * writers);
  volatile uint64_t half = 0x4c2d; /* "-L" */
  for (uint32_t w = 0; w < writers; w++) {
    for (uint32_t i = 0; i < count; i++) {
      struct page *page = &pages[(size_t)w * count + i];
      page->writer = w;
      page->writers = writers;
      page->index = i;
      page->pages = count;
      for (size_t f = 0; f < sizeof page->filler; f++) page->filler[f] = (uint8_t)((i * 31u + w) ^ (f >> 4));
      write_value(page, i, 0);
      page->magic = (half << 48) | 0x72696f6d656dull; /* "memoir" */
    }
    shared[w].finished = count;
  }
  for (uint32_t w = 0; w < writers; w++)
    if (fork() == 0) write_for_ever(pages + (size_t)w * count, count, w, &shared[w], &shared[(w + 1) % writers]);

  printf("READY\n");
  uint64_t before[MAX_WRITERS], last = microseconds(), last_ticks = ticks();
  for (uint32_t w = 0; w < writers; w++) before[w] = count;
  for (uint64_t beat = 1;; beat++) {
    usleep(250000);
    uint64_t time = microseconds(), time_ticks = ticks();
    double elapsed = (double)(time - last), tick = elapsed / (double)(time_ticks - last_ticks);
    printf("LITMUS beat=%llu", (unsigned long long)beat);
    for (uint32_t w = 0; w < writers; w++) {
      uint64_t finished = atomic_load(&shared[w].finished);
      double gap = (double)atomic_exchange(&shared[w].gap, 0) * tick;
      printf(" %llu:%.0f:%.0f", (unsigned long long)finished, (double)(finished - before[w]) * 1e6 / elapsed, gap);
      before[w] = finished;
    }
    printf("\n");
    fflush(stdout);
    last = time;
    last_ticks = time_ticks;
  }
}
