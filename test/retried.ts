import type { Reporter, TestCase } from 'vitest/node';

/** Names the tests that passed only when they were tried again. */
export class Retried implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const { retryCount = 0, flaky = false } = test.diagnostic() ?? {};
    if (flaky) process.stderr.write(`retry x${retryCount}: ${test.module.relativeModuleId} > ${test.fullName}\n`);
  }
}
