/** A line of what Terraform and OpenTofu print with `-json`, as far as it is looked at. */
interface Line {
  readonly type?: string
  readonly diagnostic?: Diagnostic
  readonly changes?: Changes
  readonly outputs?: Readonly<Record<string, { readonly value?: unknown; readonly sensitive?: boolean }>>
}

interface Diagnostic {
  readonly severity: string
  readonly summary: string
  readonly detail?: string
  readonly range?: { readonly filename: string; readonly start: { readonly line: number } }
}

interface Changes {
  readonly add: number
  readonly change: number
  readonly remove: number
}

/** What one command told. */
export interface Told {
  readonly changes: Changes
  /** Outputs that are no secrets. */
  readonly outputs: Readonly<Record<string, unknown>>
  /** Errors with a place in the file, which whoever uploaded it can mend, each as one line. */
  readonly mistakes: readonly string[]
  /** All other errors: the state is locked, or where it is kept does not answer. */
  readonly troubles: readonly string[]
}

/** Reads the lines of a command on the file of this name. What is no JSON is passed over: programs of the file print too. */
export function readLines(printed: string, file: string): Told {
  const lines = printed.split('\n').flatMap(parsed)
  const errors = lines.flatMap(({ diagnostic }) => (diagnostic?.severity === 'error' ? [diagnostic] : []))
  const isMistake = ({ range }: Diagnostic): boolean => range?.filename === file
  const { add = 0, change = 0, remove = 0 } = lines.findLast(({ changes }) => changes)?.changes ?? {}
  const outputs = lines.findLast(({ type }) => type === 'outputs')?.outputs ?? {}
  return {
    changes: { add, change, remove },
    outputs: Object.fromEntries(
      Object.entries(outputs).flatMap(([name, { value, sensitive }]) => (sensitive ? [] : [[name, value]])),
    ),
    mistakes: errors.filter(isMistake).map(sentence),
    troubles: errors.filter(error => !isMistake(error)).map(sentence),
  }
}

function sentence({ summary, detail = '', range }: Diagnostic): string {
  const place = range === undefined ? '' : `line ${range.start.line}: `
  return `${place}${summary}. ${detail}`.replaceAll(/\s+/g, ' ').trim()
}

function parsed(line: string): Line[] {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? [value] : []
  } catch {
    return []
  }
}
