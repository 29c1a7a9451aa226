/** The oldest Node that runs the sources unbuilt; the same as `engines` in package.json. */
export const nodeVersionMin: readonly [major: number, minor: number] = [24, 15]

/** Says what to do when `version` is too old to run the sources; `undefined` when it is fine. */
export function nodeVersionProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [wantedMajor, wantedMinor] = nodeVersionMin
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return undefined
  return [
    `Millrace needs Node ${wantedMajor}.${wantedMinor} or newer; this is Node ${version}.`,
    'Start it through npm (npm test, npm run check, …): on Linux `npm ci` brings a fitting Node for the scripts.',
    'On other systems install Node 24 and put it first on PATH.',
  ].join('\n')
}

/** Ends the process with status 1 and an explanation when Node is too old. Call it first in an entry point. */
export function requireNode(): void {
  const problem = nodeVersionProblem(process.versions.node)
  if (problem === undefined) return
  console.error(problem)
  process.exit(1)
}
