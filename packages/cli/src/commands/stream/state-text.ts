import type { SinkSpec, SourceSpec, StreamStatus } from '@millrace/sdk'
import type { Terminal } from '../../terminal.ts'

type Colors = Terminal['colors']

/** The state in its colour. */
export function stateText(colors: Colors, state: StreamStatus['state']): string {
  const paint = {
    running: colors.green,
    starting: colors.cyan,
    paused: colors.dim,
    ready: colors.yellow,
    failed: colors.red,
  }
  // A newer server may know states that this command does not.
  return (paint[state] ?? String)(state)
}

/** How far behind, in a few words; a dash when the source cannot tell. */
export function lagText({ lag }: Pick<StreamStatus, 'lag'>): string {
  const words = [
    ...(lag?.records === undefined ? [] : [String(lag.records)]),
    ...(lag?.ageMs === undefined ? [] : [`${durationText(lag.ageMs)} old`]),
  ]
  return words.length === 0 ? '–' : words.join(', ')
}

export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`
  return `${(ms / 3_600_000).toFixed(1)} h`
}

export function sourceText({ connector, instance }: SourceSpec): string {
  return instance === undefined ? connector : `${connector}:${instance}`
}

export function sinkText(sink: SinkSpec): string {
  if ('connector' in sink) return sourceText(sink)
  const [[kind, name] = ['', '']] = Object.entries(sink)
  return `${kind} ${name}`
}
