import type { Deployment } from '../../resources/index.ts'
import { functionError } from '../errors.ts'
import { credentialVariables, type RoleCredentials } from './credentials.ts'

/** All names and values together (function-compute section 4.8). */
const environmentBytesMax = 4_096
/** Names that begin so are the platform's. */
const reservedPrefixes: readonly string[] = ['FC_', 'MILLRACE_']

/** Refuses an environment that breaks the limits of section 4.8, with the name but never the value. */
export function checkEnvironment(environment: Readonly<Record<string, string>>): void {
  let bytes = 0
  for (const [name, value] of Object.entries(environment)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
    const prefix = reservedPrefixes.find(reserved => name.startsWith(reserved))
    if (prefix !== undefined) {
      throw functionError('function.invalid', `environment ${name}: names in ${prefix} are the platform's`, {
        path: `environment.${name}`,
      })
    }
    if (value.includes('\0')) {
      throw functionError('function.invalid', `environment ${name}: the value has a NUL character`, {
        path: `environment.${name}`,
      })
    }
  }
  if (bytes <= environmentBytesMax) return
  throw functionError(
    'function.invalid',
    `the environment has ${bytes} bytes; the limit is ${environmentBytesMax}`,
    { path: 'environment', limit: environmentBytesMax, seen: bytes },
  )
}

/** Where an instance runs, as the code may know it. */
export interface InstanceSurroundings {
  readonly instanceId: string
  readonly codePath: string
  /** The layers, as the instance sees them; `undefined` when it has none. */
  readonly layersPath: string | undefined
  readonly temporaryPath: string
  readonly region: string
}

/** Search path of the programs that a function may start. */
const defaultPath = '/usr/local/bin:/usr/bin:/bin'

/** The whole environment of a function's code: the platform's variables, then the function's own, which win. */
export function codeEnvironment(
  deployment: Deployment,
  surroundings: InstanceSurroundings,
  credentials?: RoleCredentials,
): Record<string, string> {
  const { spec, version } = deployment
  return {
    PATH: defaultPath,
    HOME: surroundings.temporaryPath,
    TMPDIR: surroundings.temporaryPath,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    ...layerPaths(surroundings),
    ...credentialVariables(credentials),
    ...spec.environment,
    FC_FUNC_CODE_PATH: surroundings.codePath,
    FC_ACCOUNT_ID: deployment.account,
    FC_REGION: surroundings.region,
    FC_FUNCTION_NAME: deployment.name,
    FC_FUNCTION_HANDLER: spec.handler,
    FC_FUNCTION_MEMORY_SIZE: String(spec.memoryMiB),
    FC_FUNCTION_VERSION: version,
    FC_QUALIFIER: version,
    FC_INSTANCE_ID: surroundings.instanceId,
    ...(spec.server === undefined ? {} : { FC_CUSTOM_LISTEN_PORT: String(spec.server.port) }),
  }
}

/** Where layers have programs, libraries and modules (section 9.1). The code's own libraries are looked at first. */
function layerPaths({ codePath, layersPath }: InstanceSurroundings): Record<string, string> {
  if (layersPath === undefined) return { LD_LIBRARY_PATH: `${codePath}:${codePath}/lib` }
  return {
    PATH: `${defaultPath}:${layersPath}/bin`,
    LD_LIBRARY_PATH: `${codePath}:${codePath}/lib:${layersPath}/lib`,
    NODE_PATH: `${layersPath}/nodejs/node_modules`,
    PYTHONPATH: `${layersPath}/python`,
  }
}

/** The members of the context that are the same for all invocations of an instance (section 4.4). */
export function codeContext(deployment: Deployment, region: string): Record<string, unknown> {
  const { spec, version } = deployment
  return {
    function: {
      name: deployment.name,
      handler: spec.handler,
      memory: spec.memoryMiB,
      timeout: spec.timeoutMs / 1_000,
      initializer: spec.initializer ?? '',
      initializationTimeout: spec.initializerTimeoutMs / 1_000,
    },
    service: { name: '', logProject: '', logStore: '', qualifier: version, versionId: version },
    region,
    accountId: deployment.account,
  }
}
