import { installedCommand } from '../process/index.ts'

/** One step of `npm run check`. */
export interface Step {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** What to run to see this step alone or to repair what it finds. */
  readonly advice: string
}

/** What can be said about the sources without running them. */
export const staticSteps: readonly Step[] = [
  {
    name: 'format',
    command: installedCommand('biome'),
    args: ['format', '.', '--colors=off'],
    advice: 'npm run format',
  },
  {
    name: 'lint',
    command: installedCommand('oxlint'),
    args: ['--type-aware', '--deny-warnings'],
    advice: 'npm run lint',
  },
  {
    name: 'types',
    command: installedCommand('tsc'),
    args: ['-p', '.', '--pretty', 'false'],
    advice: 'npx tsc -p .',
  },
  { name: 'tidy', command: process.execPath, args: ['tools/tidy/main.ts'], advice: 'npm run tidy' },
]

export const unitTests: Step = {
  name: 'unit tests',
  command: process.execPath,
  args: ['tools/test/main.ts', '--project', 'unit'],
  advice: 'npm test -- --project unit',
}
