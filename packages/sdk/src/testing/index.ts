import type { TestMillrace } from './test-millrace.ts'
import type { TestMillraceOptions } from './options.ts'

export type { Delivered, TargetFault, TargetProbe } from './target-probe.ts'
export type { TestHandler, TestMillraceOptions } from './options.ts'
export type { TestMillrace } from './test-millrace.ts'
export { type FixtureOptions, recordFixture } from './fixture.ts'

/**
 * Starts the whole of Millrace in this process, for a test: the real server on memory storage, on a port of its own and on
 * a clock that moves only when told to. It needs `@millrace/server` to be installed; test runners of all kinds will do.
 * Dispose of it at the end (`await using`): nothing stays behind.
 */
export async function createTestMillrace(options: TestMillraceOptions = {}): Promise<TestMillrace> {
  // Loaded here, so that whoever only publishes events does not need a server.
  const { TestMillrace } = await import('./test-millrace.ts')
  return await TestMillrace.start(options)
}
