import { parseArgs } from 'node:util'

export interface TestArguments {
  /** vitest projects to run; `npm run faults` asks for the one that is not among these by itself. */
  readonly projects: readonly string[]
  /** Parts of test file paths; empty means all. */
  readonly filters: readonly string[]
  /** Only tests whose full name matches. */
  readonly namePattern: string | undefined
  /** Whether this is a run of everything, for which the census is due. */
  readonly complete: boolean
}

const everydayProjects: readonly string[] = ['unit', 'suite']

/** Reads the command line of `npm test -- …`; throws with a sentence when an option is unknown. */
export function readTestArguments(args: readonly string[]): TestArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      project: { type: 'string', multiple: true, default: [] },
      name: { type: 'string', short: 't' },
    },
  })
  return {
    projects: values.project.length === 0 ? everydayProjects : values.project,
    filters: positionals,
    namePattern: values.name,
    complete: values.project.length === 0 && positionals.length === 0 && values.name === undefined,
  }
}
