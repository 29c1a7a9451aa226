import type { HealthCheckSpec, ServerSpec } from '../../../resources/index.ts'
import { jsonOf } from '../call.ts'
import { invalidArgument } from '../refusal.ts'
import type { FunctionInput, HealthCheckInput } from './function-fields.ts'

/** Where programs listen unless they say otherwise. */
const defaultPort = 9_000

/** Members of a container's settings that only the cloud understands, such as how to log in to a registry. */
const mappedMembers: readonly string[] = [
  'image',
  'entrypoint',
  'command',
  'args',
  'port',
  'healthCheckConfig',
]

/** The program of a function whose code serves HTTP, as the input changes it; `undefined` when it has none. */
export function serverSpecOf(input: FunctionInput, base: ServerSpec | undefined): ServerSpec | undefined {
  const { customRuntimeConfig: runtime, customContainerConfig: container } = input
  const ownPort = input.caPort ?? base?.port ?? defaultPort
  const ownCheck = input.customHealthCheckConfig
  if (container !== undefined) {
    const { image, entrypoint = [], port = ownPort, healthCheckConfig = ownCheck } = container
    const command = listOf(container.command, 'command')
    const args = listOf(container.args, 'args')
    // Of an image, `entrypoint` is the program and `command` its arguments; older clients say `command` and `args`.
    const isOlder = typeof container.command === 'string' || container.args !== undefined
    return {
      command: isOlder ? command : entrypoint,
      args: isOlder ? args : command,
      port,
      ...healthCheck(healthCheckConfig),
      ...(image === undefined || image === '' ? {} : { image }),
    }
  }
  if (runtime !== undefined) {
    const { command = [], args = [], port = ownPort, healthCheckConfig = ownCheck } = runtime
    return { command, args, port, ...healthCheck(healthCheckConfig) }
  }
  if (input.caPort === undefined && ownCheck === undefined) return base
  return { command: [], args: [], ...base, port: ownPort, ...healthCheck(ownCheck) }
}

/** What of a container's settings is kept besides. */
export function containerRest(input: FunctionInput): Record<string, unknown> | undefined {
  const { customContainerConfig } = input
  if (customContainerConfig === undefined) return undefined
  const rest = Object.entries(customContainerConfig).filter(([name]) => !mappedMembers.includes(name))
  return rest.length === 0 ? undefined : Object.fromEntries(rest)
}

/** The settings as the client wrote them, from the program. */
export function serverConfigOf(
  server: ServerSpec | undefined,
  rest: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  if (server === undefined) return {}
  const { command, args, port, image } = server
  const check = { ...(server.healthCheck === undefined ? {} : healthCheckConfig(server.healthCheck)) }
  const common = { port, ...(Object.keys(check).length === 0 ? {} : { healthCheckConfig: check }) }
  if (image === undefined) return { customRuntimeConfig: { command, args, ...common } }
  return { customContainerConfig: { ...rest, image, entrypoint: command, command: args, ...common } }
}

function healthCheck(input: HealthCheckInput | undefined): { healthCheck?: HealthCheckSpec } {
  if (input?.httpGetUrl === undefined || input.httpGetUrl === '') return {}
  if (!input.httpGetUrl.startsWith('/')) throw invalidArgument('httpGetUrl begins with a slash')
  return {
    healthCheck: {
      path: input.httpGetUrl,
      initialDelayMs: (input.initialDelaySeconds ?? 0) * 1_000,
      periodMs: (input.periodSeconds ?? 3) * 1_000,
      timeoutMs: (input.timeoutSeconds ?? 1) * 1_000,
      failuresMax: input.failureThreshold ?? 3,
      successesMin: input.successThreshold ?? 1,
    },
  }
}

function healthCheckConfig(check: HealthCheckSpec): Required<HealthCheckInput> {
  return {
    httpGetUrl: check.path,
    initialDelaySeconds: check.initialDelayMs / 1_000,
    periodSeconds: check.periodMs / 1_000,
    timeoutSeconds: check.timeoutMs / 1_000,
    failureThreshold: check.failuresMax,
    successThreshold: check.successesMin,
  }
}

function listOf(value: string | readonly string[] | undefined, what: string): string[] {
  if (value === undefined || value === '') return []
  const list = typeof value === 'string' ? jsonOf(value, what) : value
  if (Array.isArray(list) && list.every(item => typeof item === 'string')) return list
  throw invalidArgument(`${what} is a list of texts`)
}
