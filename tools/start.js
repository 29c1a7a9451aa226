// Starts a program of the house: `node tools/start.js tools/check.ts …`. Plain JavaScript of the oldest kind that any
// Node in use understands, because its one task is to say what to do where Node is too old to read the sources.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const [wantedMajor = 0, wantedMinor = 0] = engines.node.replace('>=', '').split('.').map(Number)
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
  console.error(
    [
      `Millrace needs Node ${wantedMajor}.${wantedMinor} or newer; this is Node ${process.versions.node}.`,
      'On Linux `npm ci` brings a fitting Node for the scripts of package.json: run them with npm.',
      'On other systems install Node 24 and put it first on PATH.',
    ].join('\n'),
  )
  process.exit(1)
}

const [program = '', ...rest] = process.argv.slice(2)
process.argv = [process.execPath, resolve(program), ...rest]
await import(pathToFileURL(resolve(program)).href)
