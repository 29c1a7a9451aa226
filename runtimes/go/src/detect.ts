import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InstalledRuntime, LaunchPlan } from '@millrace/spi'

const bootstrapPath = fileURLToPath(new URL('../bootstrap/main.cjs', import.meta.url))
/** Version of the runtime API, as in its paths. */
const runtimeApiVersion = '2020-11-11'

/** So long an executable may take until it asks for its first event. */
const programStartMs = 120_000

/** Always there: functions come built, so this machine needs no Go. */
export function detect(): Promise<readonly InstalledRuntime[]> {
  return Promise.resolve([{ name: 'go1', version: runtimeApiVersion, programStartMs, checkHandler, launch }])
}

function checkHandler(handler: string, files: ReadonlySet<string>): string | undefined {
  if (files.has(handler)) return undefined
  return `handler ${handler}: the code has no file of this name; the handler of a Go function is its executable`
}

/** The memory of the function is for the code's program; the adapter holds no more than what passes through. */
function launch(): LaunchPlan {
  const adapterPath = createRequire(import.meta.url).resolve('@millrace/spi/adapter')
  return {
    command: process.execPath,
    args: [bootstrapPath, adapterPath],
    environment: {},
    readOnlyPaths: [process.execPath, dirname(bootstrapPath), dirname(adapterPath)],
  }
}
