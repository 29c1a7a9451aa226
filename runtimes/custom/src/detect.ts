import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InstalledRuntime, LaunchPlan } from '@millrace/spi'

/** What the compatible platform calls its images; here all of them are this machine. */
const names: readonly string[] = ['custom', 'custom.debian12', 'custom.debian11', 'custom.debian10']

const bootstrapPath = fileURLToPath(new URL('../bootstrap/main.cjs', import.meta.url))
/** As long as the adapter waits for the port, and a little for its own steps. */
const programStartMs = 125_000
/** The version of the HTTP protocol that the code's server speaks. */
const protocolVersion = '1'

/** Always there: the adapter runs in the Node.js of the server, and what it starts is in the code. */
export function detect(): Promise<readonly InstalledRuntime[]> {
  return Promise.resolve(
    names.map(name => ({
      name,
      version: protocolVersion,
      takesHttp: true,
      programStartMs,
      checkHandler: () => undefined,
      launch,
    })),
  )
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
