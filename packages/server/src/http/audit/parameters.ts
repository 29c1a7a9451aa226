/** Largest text of the parameters of one call, in characters of JSON; more is left out and said so. */
export const auditParametersLengthMax = 16_384

/**
 * Members of bodies that tell what a change was, and of which none can hold a secret: who has which policy and group, what a policy says,
 * who may take on a role, whether a key is in force. Everything else of a body stays out.
 */
const tellingMembers = [
  'policies',
  'groups',
  'document',
  'trust',
  'disabled',
  'role',
  'session',
  'durationSeconds',
] as const

/** What an event tells of a request: the parameters of its path, and the members above. */
export function recordedParameters(params: unknown, body: unknown): Readonly<Record<string, unknown>> {
  const picked: Record<string, unknown> = {}
  if (isPlain(params)) Object.assign(picked, params)
  if (isPlain(body)) {
    for (const name of tellingMembers) if (body[name] !== undefined) picked[name] = body[name]
  }
  const { length } = JSON.stringify(picked)
  return length > auditParametersLengthMax ? { leftOut: `${length} characters` } : picked
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !Array.isArray(value)
}
