import { styleText } from 'node:util'

/**
 * A line of the JSON log as a person wants it in a terminal: time of day, level, message, then the fields.
 * A line that is no JSON is passed on as it is: a log must not fail for its form.
 */
export function humanLine(line: string): string {
  let record: Record<string, unknown>
  try {
    record = JSON.parse(line) as Record<string, unknown>
  } catch {
    return line
  }
  const { level, time, msg, ...fields } = record
  const clock = String(time).slice(11, 23)
  const label = String(level)
  const colour = colours[label] ?? 'white'
  const facts = Object.entries(fields).map(([name, value]) => `${styleText('dim', `${name}=`)}${fact(value)}`)
  return `${styleText('dim', clock)} ${styleText(colour, label.padEnd(5))} ${[String(msg), ...facts].join(' ')}\n`
}

const colours: Readonly<Record<string, 'dim' | 'green' | 'yellow' | 'red'>> = {
  debug: 'dim',
  info: 'green',
  warn: 'yellow',
  error: 'red',
}

function fact(value: unknown): string {
  if (typeof value === 'string') return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value)
  const { message, stack } = (value ?? {}) as { message?: unknown; stack?: unknown }
  if (typeof stack === 'string') return `${JSON.stringify(message)}\n${stack}`
  return JSON.stringify(value) ?? String(value)
}
