import { describe, test } from 'vitest'
import { findServer } from './discovery.ts'
import { refuseMissing } from './shared.ts'
import type { ServiceName } from './server.ts'

/**
 * A group of tests that need a server. Where it is not installed they are left out with a reason that names the
 * command to get it, or fail when `MILLRACE_REQUIRE_SERVICES` names the server. Await it at the top of the test file.
 */
export async function describeService(name: ServiceName, title: string, body: () => void): Promise<void> {
  await describeServices([name], title, body)
}

/** As `describeService`, for tests that need several servers. */
export async function describeServices(
  names: readonly ServiceName[],
  title: string,
  body: () => void,
): Promise<void> {
  const servers = await Promise.all(names.map(findServer))
  const missing = servers.filter(server => server.missing() !== undefined)
  const required = requiredServices()
  const failing = missing.filter(({ name }) => required.has(name) || required.has('all'))
  if (failing.length > 0) {
    describe(title, () => {
      for (const server of failing) test(`${server.name} is installed`, () => refuseMissing(server))
    })
  } else if (missing.length > 0) {
    const list = missing.map(server => server.name)
    const reason = `needs ${list.join(' and ')}: npm run services -- install ${list.join(' ')}`
    describe.skipIf(true)(`${title} (${reason})`, body)
  } else {
    describe(title, body)
  }
}

function requiredServices(): ReadonlySet<string> {
  const names = (process.env['MILLRACE_REQUIRE_SERVICES'] ?? '').split(/[\s,]+/)
  return new Set(names.filter(name => name !== ''))
}
