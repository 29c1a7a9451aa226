import { request } from 'node:http'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InstalledRuntime, LaunchLimits, LaunchPlan, RuntimeHost } from '@millrace/spi'

/** Where engines listen, unless the host says otherwise; the first that answers is taken. */
const usualSocketPaths: readonly string[] = ['/var/run/docker.sock', '/run/podman/podman.sock']
const answerTimeoutMs = 2_000
/** As long as the adapter waits for the image, the container and its port. */
const programStartMs = 300_000

const bootstrapPath = fileURLToPath(new URL('../bootstrap/main.cjs', import.meta.url))

/** One version when an engine answers at a socket, with that engine's version; else none. */
export async function detect(host: RuntimeHost, signal: AbortSignal): Promise<readonly InstalledRuntime[]> {
  const paths = host.containerSocketPath === undefined ? usualSocketPaths : [host.containerSocketPath]
  for (const socketPath of paths) {
    const version = await engineVersion(socketPath, signal)
    if (version !== undefined) return [installed(socketPath, version)]
  }
  return []
}

function installed(socketPath: string, version: string): InstalledRuntime {
  return {
    name: 'custom-container',
    version,
    takesHttp: true,
    // A container belongs to one image from its start.
    canWait: false,
    programStartMs,
    checkHandler: () => undefined,
    launch: limits => launch(socketPath, limits),
  }
}

function launch(socketPath: string, { memoryMiB, cpu, image }: LaunchLimits): LaunchPlan {
  const adapterPath = createRequire(import.meta.url).resolve('@millrace/spi/adapter')
  return {
    command: process.execPath,
    args: [bootstrapPath, adapterPath, JSON.stringify({ socketPath, image, memoryMiB, cpu })],
    environment: {},
    readOnlyPaths: [process.execPath, dirname(bootstrapPath), dirname(adapterPath), socketPath],
    runsCodeElsewhere: true,
  }
}

/** `undefined` when nobody answers there, or not like an engine. */
function engineVersion(socketPath: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise(resolve => {
    const options = { socketPath, path: '/version', timeout: answerTimeoutMs, signal }
    const asked = request(options, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(versionIn(Buffer.concat(chunks).toString())))
      response.on('error', () => resolve(undefined))
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(undefined))
    asked.end()
  })
}

function versionIn(text: string): string | undefined {
  try {
    const { Version } = JSON.parse(text) as { Version?: unknown }
    return typeof Version === 'string' ? Version : undefined
  } catch {
    return undefined
  }
}
