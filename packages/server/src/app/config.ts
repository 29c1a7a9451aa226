import { delimiter, isAbsolute, relative, resolve, sep } from 'node:path'
import { AppError, nearestName, retryNever } from '@millrace/spi'
import { payloadBytesMost, type SandboxChoice, sandboxChoices } from '../functions/index.ts'
import type { SecretKeySource } from '../auth/index.ts'
import { type LoginConfig, loginSettingNames, readLoginConfig } from './login-config.ts'
import { readSecretKeySource, secretKeySettingNames } from './secret-key-config.ts'

/** Settings of one server process. Environment variables are read here and nowhere else. */
export interface Config {
  /** Address of every API and the console. */
  readonly listen: { readonly host: string; readonly port: number }
  /** Folder of everything the node stores, absolute. */
  readonly dataPath: string
  readonly storage: string
  readonly account: string
  readonly region: string
  readonly accessKeyId: string | undefined
  readonly accessKeySecret: string | undefined
  readonly logLevel: LogLevel
  readonly allowPrivateTargets: boolean
  /** Whether rules and streams without a role are refused. */
  readonly requireRoles: boolean
  /** Folders below which connectors may read and write files, absolute. */
  readonly fileRoots: readonly string[]
  /** Largest zip of code that is taken, in bytes, and what it may hold unpacked. */
  readonly codeUploadBytesMax: number
  readonly codeBytesMax: number
  /** Largest payload of an asynchronous call, in bytes. */
  readonly asyncPayloadBytesMax: number
  /** What functions are run in. */
  readonly sandbox: SandboxChoice
  /** Collector of OpenTelemetry that gets the spans; none when absent. */
  readonly otlpEndpoint: string | undefined
  /** Whether calls that change nothing are recorded as audit events, too. */
  readonly auditReads: boolean
  /** Share of the traces begun here that are recorded. */
  readonly traceRatio: number
  /** Where the key is that secrets are sealed with. */
  readonly secretKey: SecretKeySource
  /** How people sign in to the console. */
  readonly login: LoginConfig
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

const known = [
  'MILLRACE_LISTEN',
  'MILLRACE_DATA',
  'MILLRACE_STORAGE',
  'MILLRACE_NATS_URL',
  'MILLRACE_ACCOUNT_ID',
  'MILLRACE_REGION',
  'MILLRACE_ACCESS_KEY_ID',
  'MILLRACE_ACCESS_KEY_SECRET',
  'MILLRACE_SECURITY_TOKEN',
  'MILLRACE_SANDBOX',
  'MILLRACE_CODE_UPLOAD_MIB',
  'MILLRACE_CODE_MIB',
  'MILLRACE_ASYNC_PAYLOAD_KIB',
  'MILLRACE_LOG',
  'MILLRACE_ALLOW_PRIVATE_TARGETS',
  'MILLRACE_REQUIRE_ROLES',
  'MILLRACE_FILE_ROOTS',
  'MILLRACE_OTLP_ENDPOINT',
  'MILLRACE_AUDIT_READS',
  'MILLRACE_TRACE_RATIO',
  'MILLRACE_REQUIRE_SERVICES',
  'MILLRACE_URL',
  ...loginSettingNames,
  ...secretKeySettingNames,
]

/**
 * Reads the settings from an environment. Throws `config.invalid` naming the variable, the value seen and what it may
 * be; a variable that begins with MILLRACE_ and is not known is refused with the nearest name, lest a typing error
 * silently mean the default.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  for (const name of Object.keys(environment)) {
    if (name.startsWith('MILLRACE_SERVICES_')) continue
    if (name.startsWith('MILLRACE_') && !known.includes(name)) refuseUnknown(name)
  }
  const read = (name: string): string | undefined => {
    const value = environment[name]
    return value === undefined || value === '' ? undefined : value
  }
  const accessKeyId = read('MILLRACE_ACCESS_KEY_ID')
  const accessKeySecret = read('MILLRACE_ACCESS_KEY_SECRET')
  if ((accessKeyId === undefined) !== (accessKeySecret === undefined)) {
    refuse(
      'MILLRACE_ACCESS_KEY_ID',
      accessKeyId === undefined ? 'missing' : 'set',
      'set together with MILLRACE_ACCESS_KEY_SECRET',
    )
  }
  const natsUrl = read('MILLRACE_NATS_URL')
  if (natsUrl !== undefined) refuse('MILLRACE_NATS_URL', 'set', 'unset: this version has no cluster storage')
  const dataPath = resolve(read('MILLRACE_DATA') ?? '.millrace')
  return {
    listen: parseListen(read('MILLRACE_LISTEN') ?? '127.0.0.1:8400'),
    dataPath,
    storage: matching(
      'MILLRACE_STORAGE',
      read('MILLRACE_STORAGE') ?? 'lmdb',
      /^[a-z][a-z0-9-]{0,30}$/,
      'the name of a storage driver',
    ),
    account: matching(
      'MILLRACE_ACCOUNT_ID',
      read('MILLRACE_ACCOUNT_ID') ?? '1000000000000001',
      /^[0-9]{1,20}$/,
      '1 to 20 digits',
    ),
    region: matching(
      'MILLRACE_REGION',
      read('MILLRACE_REGION') ?? 'local',
      /^[a-z][a-z0-9-]{0,62}$/,
      'lower-case letters, digits and "-"',
    ),
    accessKeyId,
    accessKeySecret,
    logLevel: oneOf('MILLRACE_LOG', read('MILLRACE_LOG') ?? 'info', logLevels),
    allowPrivateTargets: flag('MILLRACE_ALLOW_PRIVATE_TARGETS', read('MILLRACE_ALLOW_PRIVATE_TARGETS')),
    requireRoles: flag('MILLRACE_REQUIRE_ROLES', read('MILLRACE_REQUIRE_ROLES')),
    fileRoots: fileRoots('MILLRACE_FILE_ROOTS', read('MILLRACE_FILE_ROOTS'), dataPath),
    otlpEndpoint: httpAddress('MILLRACE_OTLP_ENDPOINT', read('MILLRACE_OTLP_ENDPOINT')),
    // A store keeps no more than 512 MiB under one name.
    codeUploadBytesMax: mebibytes('MILLRACE_CODE_UPLOAD_MIB', read('MILLRACE_CODE_UPLOAD_MIB') ?? '100', 500),
    codeBytesMax: mebibytes('MILLRACE_CODE_MIB', read('MILLRACE_CODE_MIB') ?? '500', 10_240),
    asyncPayloadBytesMax: kibibytes(
      'MILLRACE_ASYNC_PAYLOAD_KIB',
      read('MILLRACE_ASYNC_PAYLOAD_KIB') ?? '128',
      payloadBytesMost / 1_024,
    ),
    auditReads:
      oneOf('MILLRACE_AUDIT_READS', read('MILLRACE_AUDIT_READS') ?? 'false', ['true', 'false']) === 'true',
    sandbox: readSandbox(read('MILLRACE_SANDBOX') ?? 'auto'),
    traceRatio: share('MILLRACE_TRACE_RATIO', read('MILLRACE_TRACE_RATIO') ?? '1'),
    secretKey: readSecretKeySource(environment, refuse),
    login: readLoginConfig(read, refuse),
  }
}

function readSandbox(value: string): SandboxChoice {
  if (value === 'container') {
    refuse(
      'MILLRACE_SANDBOX',
      value,
      `one of ${sandboxChoices.join(', ')}: this version starts no containers`,
    )
  }
  return oneOf('MILLRACE_SANDBOX', value, sandboxChoices)
}

/** `host:port`, `[v6]:port` or a port alone on loopback; port 0 takes a free one. */
function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:(?<host>\[[0-9a-fA-F:.]+\]|[^:[\]]+):)?(?<port>[0-9]{1,5})$/.exec(text)
  const port = Number(match?.groups?.['port'])
  if (match === null || port > 65_535) refuse('MILLRACE_LISTEN', text, 'HOST:PORT with a port up to 65535')
  const host = match?.groups?.['host'] ?? '127.0.0.1'
  return { host: host.replace(/^\[|\]$/g, ''), port }
}

function matching(name: string, value: string, expression: RegExp, wanted: string): string {
  if (!expression.test(value)) refuse(name, value, wanted)
  return value
}

function httpAddress(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const protocol = URL.parse(value)?.protocol
  if (protocol !== 'http:' && protocol !== 'https:') {
    refuse(name, value, 'an address such as http://127.0.0.1:4318')
  }
  return value
}

/**
 * Absolute folders, as `PATH` has them: a relative one would mean another folder wherever the server is started. The data
 * of the server, with its keys, lies outside of them or below a hidden folder.
 */
function fileRoots(name: string, value: string | undefined, dataPath: string): string[] {
  const paths = (value ?? '').split(delimiter).filter(path => path !== '')
  for (const path of paths) {
    if (!isAbsolute(path)) {
      refuse(name, path, `absolute folders with ${JSON.stringify(delimiter)} between them`)
    }
    const way = relative(path, dataPath).split(sep)
    if (!isAbsolute(way[0] ?? '') && way.every(folder => folder === '' || !folder.startsWith('.'))) {
      refuse(name, path, `folders without that of MILLRACE_DATA, ${dataPath}, unless it is hidden`)
    }
  }
  return paths.map(path => resolve(path))
}

function mebibytes(name: string, value: string, most: number): number {
  return whole(name, value, most, 'MiB') * 1_024 * 1_024
}

function kibibytes(name: string, value: string, most: number): number {
  return whole(name, value, most, 'KiB') * 1_024
}

function whole(name: string, value: string, most: number, unit: string): number {
  const found = Number(value)
  if (!/^[0-9]{1,5}$/.test(value) || found < 1 || found > most) {
    refuse(name, value, `a whole number of ${unit} from 1 to ${most}`)
  }
  return found
}

function share(name: string, value: string): number {
  const found = Number(value)
  if (!/^[0-9.]+$/.test(value) || !(found >= 0 && found <= 1)) refuse(name, value, 'a number from 0 to 1')
  return found
}

function oneOf<Value extends string>(name: string, value: string, allowed: readonly Value[]): Value {
  const found = allowed.find(candidate => candidate === value)
  if (found === undefined) refuse(name, value, `one of ${allowed.join(', ')}`)
  return found
}

function flag(name: string, value = 'false'): boolean {
  return oneOf(name, value, ['true', 'false']) === 'true'
}

function refuse(name: string, seen: string, wanted: string): never {
  throw new AppError(
    'config.invalid',
    `${name} is ${JSON.stringify(seen)}; it must be ${wanted}`,
    retryNever,
    {
      details: { path: name },
    },
  )
}

function refuseUnknown(name: string): never {
  const nearest = nearestName(name, known)
  const hint = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean ${nearest}?`
  throw new AppError('config.invalid', `there is no setting ${name}; ${hint}`, retryNever, {
    details: { path: name },
  })
}
