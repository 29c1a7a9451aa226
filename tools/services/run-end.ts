import { beginRun, endRun } from './shared.ts'
import { removeOrphans } from './own.ts'

/** For vitest's `globalSetup`: servers that tests of this run started are stopped when it ends, however it is run. */
export function setup(): void {
  beginRun()
}

/** Called by vitest after the last test. */
export async function teardown(): Promise<void> {
  await endRun()
  await removeOrphans()
}
