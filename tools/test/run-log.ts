import { relative } from 'node:path'
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node'
import type { RunOutcome, TestRecord, Trouble } from './outcome.ts'

/** Characters of console output kept for one test, in case it fails. */
const logCharactersMax = 8_000

type ConsoleLog = Parameters<NonNullable<Reporter['onUserConsoleLog']>>[0]
type Print = (line: string) => void

/**
 * Listens to a vitest run: prints one line for each finished file and every failure at once, and keeps the outcome.
 * Console output of tests is shown for those that fail.
 */
export class RunLog implements Reporter {
  readonly #root: string
  readonly #print: Print
  readonly #records: TestRecord[] = []
  readonly #troubles: Trouble[] = []
  readonly #logs = new Map<string, string>()
  readonly #running = new Map<string, string>()
  #filesDone = 0
  #filesTotal = 0

  constructor(root: string, print: Print) {
    this.#root = root
    this.#print = print
  }

  get outcome(): RunOutcome {
    return { records: this.#records, troubles: this.#troubles }
  }

  /** Files that have begun and not ended, for the sign of life during long ones. */
  get running(): readonly string[] {
    return [...this.#running.values()]
  }

  onTestRunStart(specifications: readonly unknown[]): void {
    this.#filesTotal = specifications.length
  }

  onTestModuleStart(module: TestModule): void {
    this.#running.set(module.id, this.#pathOf(module))
  }

  onUserConsoleLog(log: ConsoleLog): void {
    if (log.taskId === undefined) return
    const text = (this.#logs.get(log.taskId) ?? '') + log.content
    this.#logs.set(log.taskId, text.slice(-logCharactersMax))
  }

  onTestCaseResult(test: TestCase): void {
    const result = test.result()
    if (result.state === 'pending') return
    this.#records.push({
      project: test.project.name,
      path: this.#pathOf(test.module),
      name: test.name,
      fullName: test.fullName,
      state: result.state,
      reason: result.state === 'skipped' ? (result.note ?? statedReason(test.fullName)) : undefined,
    })
    if (result.state === 'failed') {
      this.#print(`✗ ${this.#pathOf(test.module)} › ${test.fullName}`)
      for (const error of result.errors) this.#print(indented(describeError(error, this.#root)))
      const log = this.#logs.get(test.id)
      if (log !== undefined) this.#print(indented(`its output:\n${log.trimEnd()}`))
    }
    this.#logs.delete(test.id)
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(module.id)
    this.#filesDone++
    const path = this.#pathOf(module)
    for (const error of module.errors()) this.#addTrouble(path, describeError(error, this.#root))
    for (const suite of module.children.allSuites()) {
      for (const error of suite.errors())
        this.#addTrouble(`${path} › ${suite.fullName}`, describeError(error, this.#root))
    }
    const tests = [...module.children.allTests()]
    if (tests.length === 0 && module.errors().length === 0) this.#onEmptyModule(module, path)
    const failed = tests.filter(test => test.result().state === 'failed').length
    const skipped = tests.filter(test => test.result().state === 'skipped').length
    const mark = module.ok() && module.errors().length === 0 ? '✓' : '✗'
    const notes = [`${tests.length} tests`]
    if (failed > 0) notes.push(`${failed} failed`)
    if (skipped > 0) notes.push(`${skipped} skipped`)
    const seconds = (module.diagnostic().duration / 1_000).toFixed(1)
    const count = `[${this.#filesDone}/${this.#filesTotal}]`
    this.#print(`${mark} ${count} ${module.project.name}  ${path}  ${notes.join(', ')}  ${seconds} s`)
  }

  /** A file whose every group was left out has no tests at all; its groups are counted, if they say why. */
  #onEmptyModule(module: TestModule, path: string): void {
    const groups = [...module.children.allSuites()]
    const silent = groups.filter(group => statedReason(group.fullName) === undefined)
    if (groups.length === 0 || silent.length > 0) this.#addTrouble(path, 'contains no test')
    for (const { name, fullName } of groups) {
      const reason = statedReason(fullName)
      const project = module.project.name
      if (reason !== undefined)
        this.#records.push({ project, path, name, fullName, state: 'skipped', reason })
    }
  }

  onTestRunEnd(_modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    for (const error of unhandled) this.#addTrouble('outside any test', describeError(error, this.#root))
  }

  #addTrouble(where: string, what: string): void {
    this.#troubles.push({ where, what })
    this.#print(`✗ ${where}`)
    this.#print(indented(what))
  }

  #pathOf(module: TestModule): string {
    return relative(this.#root, module.moduleId).replaceAll('\\', '/')
  }
}

/** The reason that stands in the title of a group: `(needs …)`, `(skipped: …)`, `(left out …)`. */
function statedReason(title: string): string | undefined {
  return /\(((?:needs|skipped|left out)\b[^)]*)\)/.exec(title)?.[1]
}

/** The message, the difference of wanted and seen, and the frames that lie in the repository. */
export function describeError(error: SerializedError, root: string): string {
  const parts = [`${error.name ?? 'Error'}: ${error.message}`]
  if (typeof error.diff === 'string') parts.push(error.diff)
  const frames = (error.stack ?? '')
    .split('\n')
    .filter(line => /^\s*at /.test(line) && !line.includes('node_modules'))
  parts.push(
    ...frames
      .slice(0, 6)
      .map(line => line.trim().replaceAll(`file://${root}/`, '').replaceAll(`${root}/`, '')),
  )
  if (error.cause !== undefined) parts.push(`caused by ${describeError(error.cause, root)}`)
  return parts.join('\n')
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}
