import type { IncomingHttpHeaders } from 'node:http'

/** Largest JSON text of the parameters of one call, in bytes; more is left out and said so. */
export const auditParametersBytesMax = 12_288
/** Parameters of one call that are told. */
export const auditParametersMax = 64
/** Bodies that are larger are told by their size alone. */
const readBytesMax = 262_144
/** Longest text that names something. */
const nameLengthMax = 256

/** What is known of the parameters of a request. */
export interface GivenParameters {
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  /** Of its path, under the names that the interface has for them, or a function that tells them. They name what the call is about. */
  readonly params?: unknown
  /** Bytes; or what an interface has made of them; or a function that makes it, where that is work. */
  readonly body?: unknown
}

/**
 * What a record tells of a request: what its path, query and body name; numbers and switches; who has which rights. Of all other texts, lists and
 * objects there is only the size, of what is called a secret not even that. So nothing that a user keeps in a document can get into a record,
 * however it is nested, and a member that an interface gets later is told by its size until somebody lists it here.
 */
export function recordedParameters({
  url,
  headers,
  params,
  body,
}: GivenParameters): Readonly<Record<string, unknown>> {
  const given = { ...queryOf(url), ...membersOf(body, headers) }
  const told = Object.entries(given)
    .filter(([name]) => memberName.test(name))
    .slice(0, auditParametersMax)
    .map(([name, value]) => [name, summary(name, value)])
  const named = made(params)
  const all = { ...Object.fromEntries(told), ...(isPlain(named) ? named : {}) }
  const bytes = Buffer.byteLength(JSON.stringify(all))
  return bytes > auditParametersBytesMax ? { leftOut: `${bytes} bytes` } : all
}

/** The parts of a path that a pattern such as `/queues/:queue` names. */
export function namesInPath(pattern: string, parts: readonly string[]): Record<string, string> {
  const names = pattern.split('/').slice(1)
  return Object.fromEntries(
    names.flatMap((name, at) => (name.startsWith(':') ? [[name.slice(1), parts[at] ?? '']] : [])),
  )
}

/** The name of a member, in any interface. */
const memberName = /^[A-Za-z][\w.-]{0,63}$/

/** Members that tell what somebody may do from now on, and in which nothing can be kept secret. They are told whole. */
const rights: ReadonlySet<string> = new Set([
  'policies',
  'groups',
  'document',
  'policy',
  'policydocument',
  'assumerolepolicydocument',
  'newassumerolepolicydocument',
  'trust',
  'disabled',
  'role',
  'session',
  'durationseconds',
])

const secret = /secret|password|token|credential|signature|externalid|(?:key|value)$/i
const naming = /(?:name|arn|state|status|type|runtime|handler|connector|action|version|expression)$|^id$|Id$/i
const plainText = /^(?:true|false|-?\d{1,15})$/

function summary(name: string, value: unknown): unknown {
  if (rights.has(name.toLowerCase())) return value
  if (secret.test(name)) return 'hidden'
  if (typeof value === 'string') {
    const isTold = plainText.test(value) || (naming.test(name) && value.length <= nameLengthMax)
    return isTold ? value : `${value.length} characters`
  }
  if (Array.isArray(value)) return `${value.length} items`
  return isPlain(value) ? `${Object.keys(value).length} members` : value
}

function queryOf(url = ''): Record<string, unknown> {
  const mark = url.indexOf('?')
  return mark < 0 ? {} : Object.fromEntries(new URLSearchParams(url.slice(mark + 1)))
}

/** The members of a body, whichever of its forms is at hand. One that is not read has the size that its head says. */
function membersOf(body: unknown, headers: IncomingHttpHeaders): Readonly<Record<string, unknown>> {
  const given = made(body)
  if (isPlain(given)) return given
  const isBuffer = Buffer.isBuffer(given)
  const bodyBytes = isBuffer ? given.length : Number(headers['content-length'] ?? 0)
  const isReadable = isBuffer && bodyBytes <= readBytesMax
  const members = isReadable ? readMembers(given, headers['content-type']) : undefined
  return members ?? (bodyBytes > 0 ? { bodyBytes } : {})
}

function readMembers(body: Buffer, type = ''): Readonly<Record<string, unknown>> | undefined {
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
    return Object.fromEntries(new URLSearchParams(body.toString()))
  }
  if (!/json/i.test(type)) return undefined
  try {
    const members: unknown = JSON.parse(body.toString())
    return isPlain(members) ? members : undefined
  } catch {
    return undefined
  }
}

function made(given: unknown): unknown {
  return typeof given === 'function' ? (given as () => unknown)() : given
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !Array.isArray(value)
}
