/** What the command line asks for. */
export interface ServicesArguments {
  readonly action: 'install' | 'start' | 'stop' | 'status'
  /** Every server when none is named: `stop` and `status` only. */
  readonly names: readonly string[]
  /** `stop` leaves the data for the next start. */
  readonly keepData: boolean
  /** `stop` does not wait for test runs that use the server. */
  readonly force: boolean
}

export const usage = [
  'npm run services -- install NAME…             fetches servers',
  'npm run services -- start NAME…               fetches what is missing, starts, waits until it answers',
  'npm run services -- stop [--keep-data] [--force] [NAME…]  stops those named, or all, and removes their data',
  'npm run services [-- status [NAME…]]          lists what there is, what runs and where',
]

const actions = ['install', 'start', 'stop', 'status'] as const

/** A name instead of an action stands for `start`. Throws with what is wrong. */
export function readArguments(args: readonly string[], known: readonly string[]): ServicesArguments {
  const words = args.filter(word => !word.startsWith('-'))
  const flag = args.find(word => word.startsWith('-') && word !== '--keep-data' && word !== '--force')
  if (flag !== undefined) throw new Error(`there is no option ${flag}\n${usage.join('\n')}`)
  const asked = actions.find(action => action === words[0])
  const action = asked ?? (words.length === 0 ? 'status' : 'start')
  const names = [...new Set(asked === undefined ? words : words.slice(1))]
  const unknown = names.find(name => !known.includes(name))
  if (unknown !== undefined)
    throw new Error(`there is no server ${unknown}; there are ${known.join(', ')}\n${usage.join('\n')}`)
  if (names.length === 0 && (action === 'install' || action === 'start'))
    throw new Error(`say which to ${action}: ${known.join(', ')}`)
  const keepData = args.includes('--keep-data')
  const force = args.includes('--force')
  if ((keepData || force) && action !== 'stop') throw new Error('--keep-data and --force belong to stop')
  return { action, names, keepData, force }
}
