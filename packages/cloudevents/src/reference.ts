/*
 * The slow validator: JSON.parse, a naive splitter for the top-level members, and regular expressions written down
 * from the specifications. It shares no code with the scanner. Property tests demand that both accept the same.
 */

/** One top-level member: its decoded name and the text of its value. */
interface Member {
  readonly name: string
  readonly value: string
}

/** True when the bytes are one event in the JSON format. Only the limit on nesting is applied. */
export function isEventByReference(bytes: Uint8Array, depthMax = 128): boolean {
  let text: string
  let root: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    root = JSON.parse(text)
  } catch {
    return false
  }
  if (typeof root !== 'object' || root === null || Array.isArray(root)) return false
  const members = membersByReference(text)
  const names = members.map(member => member.name)
  if (new Set(names).size !== names.length) return false
  if (depthByReference(text) - 1 > depthMax) return false
  const present = new Map(members.filter(isPresent).map(member => [member.name, member.value]))
  if (present.has('data') && present.has('data_base64')) return false
  if (['id', 'source', 'specversion', 'type'].some(name => !present.has(name))) return false
  return members.every(member => isMemberValid(member))
}

/** The top-level members of the text of a JSON object, in order. */
export function membersByReference(text: string): Member[] {
  const members: Member[] = []
  let depth = 0
  let quoted = false
  let from = 0
  let name = ''
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (quoted) {
      if (character === '\\') i++
      else if (character === '"') quoted = false
      continue
    }
    if (character === '"') quoted = true
    else if (character === '{' || character === '[') {
      if (++depth === 1) from = i + 1
    } else if (character === ':' && depth === 1) {
      name = JSON.parse(text.slice(from, i)) as string
      from = i + 1
    } else if ((character === ',' || character === '}') && depth === 1) {
      if (text.slice(from, i).trim() !== '') members.push({ name, value: text.slice(from, i).trim() })
      from = i + 1
    }
    if (character === '}' || character === ']') depth--
  }
  return members
}

function depthByReference(text: string): number {
  let depth = 0
  let deepest = 0
  for (const character of text.replace(/"(?:[^"\\]|\\.)*"/gs, '""')) {
    if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth)
    if (character === '}' || character === ']') depth--
  }
  return deepest
}

function isPresent(member: Member): boolean {
  return member.value !== 'null' || member.name === 'data'
}

function isMemberValid({ name, value }: Member): boolean {
  if (name === 'data') return true
  if (name !== 'data_base64' && !/^[a-z0-9]{1,64}$/.test(name)) return false
  if (value === 'null' || value === 'true' || value === 'false')
    return value === 'null' || !mustBeString.has(name)
  if (value.startsWith('"')) return isTextValid(name, JSON.parse(value) as string)
  if (mustBeString.has(name) || !/^-?\d{1,10}$/.test(value)) return false
  return Number(value) >= -(2 ** 31) && Number(value) < 2 ** 31
}

function isTextValid(name: string, text: string): boolean {
  if (name === 'data_base64')
    return Buffer.from(text, 'base64').toString('base64').length === text.length && isBase64(text)
  if (mustBeString.has(name) && text === '') return false
  for (const character of text) if (isForbidden(character.codePointAt(0) ?? 0)) return false
  if (name === 'specversion') return text === '1.0'
  if (name === 'source') return new RegExp(`^(?:${uri}|${relative})$`).test(text)
  if (name === 'dataschema') return new RegExp(`^${uri}$`).test(text)
  if (name === 'time') return isTimeByReference(text)
  return name !== 'datacontenttype' || mediaType.test(text)
}

function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
}

function isForbidden(code: number): boolean {
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true
  if (code >= 0xd800 && code <= 0xdfff) return true
  return (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe
}

/** RFC 3339, section 5.6, with the calendar asked of `Date`. */
export function isTimeByReference(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))$/.exec(
    text,
  )
  if (match === null) return false
  const [year, month, day, hour, minute, second, offsetHour, offsetMinute] = match
    .slice(1)
    .map(part => Number(part ?? 0))
  const date = new Date(0)
  date.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day ?? 0)
  if (date.getUTCMonth() !== (month ?? 0) - 1 || date.getUTCDate() !== day) return false
  return (
    (hour ?? 0) < 24 &&
    (minute ?? 0) < 60 &&
    (second ?? 0) <= 60 &&
    (offsetHour ?? 0) < 24 &&
    (offsetMinute ?? 0) < 60
  )
}

const mustBeString: ReadonlySet<string> = new Set(
  'id source specversion type datacontenttype dataschema subject time data_base64'.split(' '),
)

const mediaType =
  /^[!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+(?:[ \t]*;[ \t]*(?:[!#$%&'*+.^_`|~\w-]+=(?:[!#$%&'*+.^_`|~\w-]+|"(?:[^"\\]|\\.)*"))?)*[ \t]*$/u

const percent = '%[0-9A-Fa-f]{2}'
const unreserved = 'A-Za-z0-9._~-'
const sub = "!$&'()*+,;="
const pchar = `(?:[${sub}:@${unreserved}]|${percent})`
const segmentWithoutColon = `(?:[${sub}@${unreserved}]|${percent})+`
const h16 = '[0-9A-Fa-f]{1,4}'
const byte = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
const ls32 = `(?:${h16}:${h16}|${byte}\\.${byte}\\.${byte}\\.${byte})`
const ipv6 = [
  `(?:${h16}:){6}${ls32}`,
  `::(?:${h16}:){5}${ls32}`,
  `(?:${h16})?::(?:${h16}:){4}${ls32}`,
  `(?:(?:${h16}:){0,1}${h16})?::(?:${h16}:){3}${ls32}`,
  `(?:(?:${h16}:){0,2}${h16})?::(?:${h16}:){2}${ls32}`,
  `(?:(?:${h16}:){0,3}${h16})?::${h16}:${ls32}`,
  `(?:(?:${h16}:){0,4}${h16})?::${ls32}`,
  `(?:(?:${h16}:){0,5}${h16})?::${h16}`,
  `(?:(?:${h16}:){0,6}${h16})?::`,
].join('|')
const literal = `\\[(?:${ipv6}|[vV][0-9A-Fa-f]+\\.[${sub}:${unreserved}]+)\\]`
const host = `(?:${literal}|(?:[${sub}${unreserved}]|${percent})*)`
const authority = `(?:(?:[${sub}:${unreserved}]|${percent})*@)?${host}(?::[0-9]*)?`
const tail = `(?:\\?(?:${pchar}|[/?])*)?(?:#(?:${pchar}|[/?])*)?`
const rooted = `//${authority}(?:/${pchar}*)*|/(?:${pchar}+(?:/${pchar}*)*)?`
const uri = `[A-Za-z][A-Za-z0-9+.-]*:(?:${rooted}|${pchar}+(?:/${pchar}*)*|)${tail}`
const relative = `(?:${rooted}|${segmentWithoutColon}(?:/${pchar}*)*|)${tail}`
