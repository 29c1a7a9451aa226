import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Result, Stage } from '../application.ts'
import { until } from '../testing.ts'
import { ChangeDesk, type Report } from './desk.ts'
import { ordinaryUploads, type Upload } from './files.ts'
import { makeLayer } from './program.ts'

const deskToken = 'desk-token-on-loopback'

/** Where files are uploaded to and states are kept, whichever it is. */
export interface Storage {
  /** Of the wiring. */
  readonly environment?: string
  /** What the wiring reads of it from the environment. */
  readonly settings: Readonly<Record<string, string>>
  /** After the wiring was applied. */
  start(): Promise<void>
  upload(key: string, content: string): Promise<void>
  /** The state that is kept for a stack. */
  state(stack: string): Promise<string>
}

/** Uploads one file after the other, and holds what the desk was told and the state against what must come of them. */
export async function run(
  stage: Stage,
  storage: Storage,
  uploads: readonly Upload[] = ordinaryUploads,
): Promise<Result> {
  const { server, signal } = stage
  await using used = new AsyncDisposableStack()
  const layer = await mkdtemp(join(tmpdir(), 'millrace-terraform-'))
  used.defer(() => rm(layer, { recursive: true }))
  const version = await makeLayer(layer)
  const desk = used.use(await ChangeDesk.start(deskToken))
  Object.assign(process.env, storage.settings, {
    TERRAFORM_LAYER: layer,
    DESK_URL: desk.url,
    DESK_TOKEN: deskToken,
  })
  const environment = storage.environment === undefined ? [] : ['--env', storage.environment]
  await server.millrace('apply', import.meta.dirname, ...environment)
  await storage.start()
  stage.say(`${version} is a layer of the function`)

  for (const { key, content, next, comes } of uploads) {
    const before = desk.reports.length
    await storage.upload(key, content)
    if (next !== undefined) await storage.upload(key, next)
    if (comes === undefined) continue
    const awaited = before + (next === undefined ? 1 : 2)
    await until(() => Promise.resolve(desk.reports.length >= awaited), signal)
    const reports = desk.reports.slice(before)
    for (const report of reports) stage.say(line(report))
    const added = reports.reduce((sum, report) => sum + ('add' in report ? report.add : 0), 0)
    assert.partialDeepStrictEqual({ ...reports.at(-1), add: added }, comes)
  }
  const { reports } = desk
  const files = uploads.flatMap(({ next, comes }) => (next === undefined ? [comes] : [comes, comes]))
  const passedOver = files.filter(comes => comes === undefined).length
  assert.equal(reports.length, files.length - passedOver, 'each file is reported once')
  const { resources } = JSON.parse(await storage.state('shop/network')) as {
    resources: { instances: unknown[] }[]
  }
  const kept = resources.flatMap(({ instances }) => instances).length
  assert.equal(kept, 4, 'the refused and the mistaken file have changed nothing')
  return {
    headline:
      `${files.length} uploads: ${counted(reports)}, ${passedOver} passed over; ${kept} resources in the state; ` +
      `${reports.length} reports to the desk, ${desk.refusals} of them at the second try`,
    lines: reports.map(line),
  }
}

function counted(reports: readonly Report[]): string {
  const groups = Object.groupBy(reports, ({ verdict }) => verdict)
  return Object.entries(groups)
    .map(([verdict, all]) => `${all.length} ${verdict}`)
    .join(', ')
}

function line(report: Report): string {
  if (report.verdict === 'gave up') return `gave up after ${report.attempts}: ${report.reason}`
  const { stack, verdict, add, change, remove, outputs, mistakes } = report
  const told = mistakes.length > 0 ? mistakes.join(' ') : JSON.stringify(outputs)
  return `${stack}  ${verdict.padEnd(9)}  +${add} ~${change} -${remove}  ${told}`
}
