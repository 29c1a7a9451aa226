import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot, runCommand } from '../process/index.ts'
import { brokenLinks } from './built-links.ts'
import type { SitePlace } from './site-page.ts'
import { writeSite } from './write-site.ts'

const site = join(repositoryRoot, 'site')
const dist = join(site, 'dist')
const place: SitePlace = {
  base: withSlashes(process.env['DOCS_BASE'] ?? '/'),
  sources: process.env['DOCS_SOURCES'],
}
const [command = 'serve'] = process.argv.slice(2)

if (command !== 'serve' && command !== 'build') {
  console.error('usage: tools/docs/main.ts serve | build')
  process.exit(2)
}
await install()
console.log(`${writeSite(repositoryRoot, site, place)} pages`)
if (command === 'build') process.exitCode = await build()
else await serve()

/** The generator has a lock file of its own, so that who only runs Millrace does not install it. */
async function install(): Promise<void> {
  const installed = join(site, 'node_modules', '.package-lock.json')
  const lock = join(site, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  console.log('npm ci in site')
  const { status, output } = await runCommand('npm', ['ci', '--no-progress', '--loglevel=error'], {
    folder: site,
    live: true,
  })
  if (status !== 0) throw new Error(`the generator could not be installed: ${output}`)
}

async function build(): Promise<number> {
  const status = await astro('build')
  if (status !== 0) return status
  const broken = brokenLinks(dist, place.base)
  for (const link of broken) console.error(`leads nowhere: ${link}`)
  if (broken.length === 0) console.log(`the site is in ${dist}`)
  return broken.length === 0 ? 0 : 1
}

/** Serves with reload: what changes in the documentation is written anew, and the generator sees that. */
async function serve(): Promise<void> {
  let writing: NodeJS.Timeout | undefined
  const watcher = watch(join(repositoryRoot, 'docs'), { recursive: true }, () => {
    clearTimeout(writing)
    writing = setTimeout(() => {
      try {
        writeSite(repositoryRoot, site, place)
      } catch (error) {
        console.error(error instanceof Error ? error.message : String(error))
      }
    }, 100)
  })
  process.exitCode = await astro('dev')
  watcher.close()
}

async function astro(task: string): Promise<number> {
  const bin = join(site, 'node_modules', 'astro', 'bin', 'astro.mjs')
  const child = spawn(process.execPath, [bin, task], {
    cwd: site,
    stdio: 'inherit',
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1', DOCS_BASE: place.base },
  })
  const [status] = (await once(child, 'exit')) as [number | null]
  return status ?? 1
}

function withSlashes(base: string): string {
  return `/${base}/`.replaceAll(/\/{2,}/g, '/')
}
