/** A JSON Schema of options, as far as forms and command lines need it. */
export interface OptionSchema {
  type?: string
  description?: string
  default?: unknown
  const?: unknown
  enum?: unknown[]
  anyOf?: OptionSchema[]
  items?: OptionSchema
  properties?: Record<string, OptionSchema>
  patternProperties?: Record<string, OptionSchema>
  required?: string[]
  /** A text that is never to be shown. */
  secret?: boolean
}

/** An installed connector. */
export interface ConnectorInfo {
  system: string
  title: string
  version: string
  description: string
  /** What an instance of it says; absent when there are none. */
  connection?: OptionSchema
  /** Absent when no stream can read from it. */
  source?: { options: OptionSchema; tasksMax: number; ordered: boolean }
  /** Absent when it cannot be a target. */
  sink?: { options: OptionSchema; recordsMax: number; parameters: string[] }
  /** Why it cannot be used. */
  problem?: { code: string; message: string }
}
