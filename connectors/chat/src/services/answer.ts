import type { ChatAnswer, ChatVerdict } from './service.ts'

/** What the codes in the bodies of a service mean. */
export type CodeTable = Readonly<Record<number, ChatVerdict>>

/** Services that throttle without a time are left alone for so long: their limits count by the minute. */
export const throttledMs = 60_000

/** Judges the answer of a service that puts a code into the body, whatever the status. */
export function judgeByCode(answer: ChatAnswer, members: readonly string[], codes: CodeTable): ChatVerdict {
  const code = codeIn(answer.body, members)
  if (code === undefined) {
    return answer.status >= 200 && answer.status < 300
      ? { kind: 'failed', what: 'answered without a code' }
      : judgeByStatus(answer)
  }
  if (code === 0) return { kind: 'ok' }
  return codes[code] ?? { kind: 'failed', what: `answered with the code ${code}` }
}

/** Judges by the status alone. Any 2xx is a success. */
export function judgeByStatus({ status, retryAfter }: ChatAnswer): ChatVerdict {
  const what = `answered ${status}`
  if (status >= 200 && status < 300) return { kind: 'ok' }
  if (status === 429) return { kind: 'throttled', what, delayMs: secondsOf(retryAfter) ?? throttledMs }
  if (status === 401 || status === 403 || status === 404 || status === 410) {
    return { kind: 'unauthorized', what: `${what}: look at the URL of the robot` }
  }
  if (status >= 500) return { kind: 'unavailable', what }
  return { kind: 'rejected', what }
}

/** The first member that holds a number. */
function codeIn(body: string, members: readonly string[]): number | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  return members.map(name => Reflect.get(value, name) as unknown).find(code => typeof code === 'number')
}

/** Milliseconds of a `Retry-After` in seconds, a day at most. */
function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,6}$/.test(text.trim())) return undefined
  return Math.min(Number(text) * 1_000, 86_400_000)
}
