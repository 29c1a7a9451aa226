import { readArguments } from './arguments.ts'
import { findServer, serverNames } from './discovery.ts'
import { underLock } from './lock.ts'
import { removeOrphans } from './own.ts'
import type { Server } from './server.ts'
import { type StopOptions, sharedInstance, sharedState, startShared, stopShared } from './shared.ts'

/** How often a long installation says that it is still at it, in milliseconds. */
const signOfLifeMs = 10_000

const print = (line: string) => console.log(line)

try {
  const { action, names, ...options } = readArguments(process.argv.slice(2), serverNames())
  const servers = await Promise.all((names.length > 0 ? names : serverNames()).map(findServer))
  if (action === 'status') for (const server of servers) print(describe(server))
  else if (action === 'stop') await stop(servers, options)
  else
    for (const server of servers) {
      // One that cannot be had does not keep the others from being there.
      await install(server, action === 'install')
        .then(() => (action === 'start' ? start(server) : undefined))
        .catch(fail)
    }
} catch (error) {
  fail(error)
}

function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}

async function install(server: Server, isAsked: boolean): Promise<void> {
  const isInstalled = server.missing() === undefined
  if (isInstalled && (!isAsked || server.speedUp === undefined)) return
  const startedAtMs = performance.now()
  const seconds = () => ((performance.now() - startedAtMs) / 1_000).toFixed(0)
  if (!isInstalled) print(`${server.name}: installing ${server.title}`)
  const signOfLife = setInterval(
    () => print(`${server.name}: still at it after ${seconds()} s`),
    signOfLifeMs,
  )
  try {
    await underLock(server.lockPort, async () => {
      const printOf = (line: string) => print(`${server.name}: ${line}`)
      if (server.missing() !== undefined) await server.install(printOf)
      await server.speedUp?.(printOf)
    })
  } catch (error) {
    throw new Error(
      `${server.name} could not be installed: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  } finally {
    clearInterval(signOfLife)
  }
  const missing = server.missing()
  if (missing !== undefined) throw new Error(`${server.name} was installed, but ${missing} is still missing`)
  if (!isInstalled) print(`${server.name}: installed in ${seconds()} s`)
}

async function start(server: Server): Promise<void> {
  const startedAtMs = performance.now()
  const ran = await startShared(server)
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1)
  print(`${server.name}: ${ran ? 'runs already' : `ready after ${seconds} s`}`)
  print(describe(server))
}

async function stop(servers: readonly Server[], options: StopOptions): Promise<void> {
  for (const server of servers) {
    const outcome = await stopShared(server, options)
    if (outcome === 'stopped') print(`${server.name}: stopped`)
    if (outcome === 'in use')
      print(`${server.name}: a test run uses it and stops it at its end; --force stops it now`)
  }
  await removeOrphans()
}

function describe(server: Server): string {
  const missing = server.missing()
  const lines = [`${server.name}: ${server.title}`]
  if (missing !== undefined)
    return `${lines[0]}\n  not installed (${missing}): npm run services -- install ${server.name}`
  if (sharedState(server) === undefined)
    return `${lines[0]}\n  installed, not running: npm run services -- start ${server.name}`
  const instance = sharedInstance(server)
  const ports = Object.entries(instance.ports).map(([role, port]) => `${role} 127.0.0.1:${port}`)
  lines.push(
    `  running: ${ports.join(', ')}`,
    `  connect: ${server.handle(instance).connect}`,
    `  log:     ${instance.logFile}`,
  )
  return lines.join('\n')
}
