import { type Clock, sleep, toAppError } from '@millrace/spi'
import { needs } from './access.ts'
import type { Application } from './application.ts'
import { checkOperator } from './operator.ts'
import type { ReadinessCheck, Services } from './services.ts'

/** Longest that one readiness check may take before it counts as failed. */
export const readinessTimeoutMs = 2_000

/**
 * `/healthz`: the process answers, no more; restart it when it does not. `/readyz`: it can do its work; send it none
 * while it cannot. Both are open and tell names and codes only. `/metrics` is for the account that runs the server: names of buses of all
 * accounts are in it.
 */
export function healthRoutes(app: Application, services: Services): void {
  app.get('/healthz', { config: { isOpen: true }, schema: hidden }, () => ({ status: 'alive' }))

  app.get('/readyz', { config: { isOpen: true }, schema: hidden }, async (_request, reply) => {
    const names = Object.keys(services.readiness)
    const states = await Promise.all(
      Object.values(services.readiness).map(check => stateOf(check, services.clock)),
    )
    const isReady = states.every(state => state === 'ok')
    const checks = Object.fromEntries(names.map((name, index) => [name, states[index]]))
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not-ready', checks })
  })

  const config = { access: needs('millrace:GetMetrics', 'metrics') }
  app.get('/metrics', { config, schema: hidden }, async (request, reply) => {
    checkOperator(services, request.principal, 'metrics are')
    return reply.type(services.metrics.contentType).send(await services.metrics.text())
  })
}

const hidden = { hide: true }

/** `ok`, or the code of what is wrong. A check that does not heed its signal is not waited for. */
async function stateOf(check: ReadinessCheck, clock: Clock): Promise<string> {
  const done = new AbortController()
  const expired = new AbortController()
  const timeout = sleep(clock, readinessTimeoutMs, done.signal).then(
    () => {
      expired.abort()
      return 'timeout'
    },
    () => 'timeout',
  )
  try {
    return await Promise.race([check(expired.signal).then(() => 'ok'), timeout])
  } catch (thrown) {
    return toAppError(thrown).code
  } finally {
    done.abort()
  }
}
