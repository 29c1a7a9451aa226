import { isObject } from './operation.ts'
import { Refusal } from './refusal.ts'

/**
 * The question about `resources` to stored events: one resource is the `subject`, several are a JSON list in the text of
 * `awsresources`, in which an element is looked for between its quotes. What cannot be asked of a text so, which is
 * `anything-but`, `equals-ignore-case` and `cidr`, finds events with one resource only.
 */
export function resourcesPattern(wanted: unknown): Record<string, unknown> {
  if (!Array.isArray(wanted)) throw notAList()
  const listed = wanted.flatMap(listedCondition)
  const alternatives: Record<string, unknown>[] = []
  const subject = wanted.filter(item => !isAbsence(item))
  if (subject.length > 0) alternatives.push({ subject })
  if (listed.length > 0) alternatives.push({ awsresources: listed })
  if (wanted.some(isAbsence)) {
    alternatives.push({ subject: [{ exists: false }], awsresources: [{ exists: false }] })
  }
  const [only, ...others] = alternatives
  return others.length === 0 ? (only ?? {}) : { $or: alternatives }
}

function isAbsence(item: unknown): boolean {
  return isObject(item) && item['exists'] === false
}

function listedCondition(item: unknown): object[] {
  if (typeof item === 'string') return [{ wildcard: `*"${literal(item)}"*` }]
  if (!isObject(item)) return []
  const { prefix, suffix, wildcard, exactly, exists } = item
  if (exists === true) return [{ exists: true }]
  if (typeof exactly === 'string') return listedCondition(exactly)
  if (typeof prefix === 'string') return [{ wildcard: `*"${literal(prefix)}*` }]
  if (typeof suffix === 'string') return [{ wildcard: `*${literal(suffix)}"*` }]
  if (typeof wildcard === 'string') return [{ wildcard: `*"${wildcard}"*` }]
  return []
}

/** A text as it stands inside of a JSON string, with what means something in a wildcard made plain. */
function literal(text: string): string {
  return JSON.stringify(text).slice(1, -1).replaceAll(/[\\*]/g, String.raw`\$&`)
}

function notAList(): Refusal {
  return new Refusal(
    'InvalidEventPatternException',
    'Event pattern is not valid. Reason: resources must be a list of values',
  )
}
