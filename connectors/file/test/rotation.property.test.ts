import { appendFile, rename, writeFile } from 'node:fs/promises'
import type { Source, SourceRecord } from '@millrace/spi'
import { eventOf, SourceHost } from '@millrace/spi/conformance'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { TestFolder } from './folder.ts'

/** What happens to a file that is followed: lines come, it rotates, some are read, reading is broken off and begun again. */
type Step =
  | { readonly kind: 'append'; readonly lines: number; readonly isCut: boolean }
  | { readonly kind: 'rotate' }
  | { readonly kind: 'read'; readonly recordsMax: number }
  | { readonly kind: 'reopen'; readonly committed: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    lines: fc.integer({ min: 1, max: 5 }),
    isCut: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('rotate' as const) }),
  fc.record({ kind: fc.constant('read' as const), recordsMax: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('reopen' as const), committed: fc.double({ min: 0, max: 1, noNaN: true }) }),
)

class World implements AsyncDisposable {
  readonly #folder: TestFolder
  readonly #host = new SourceHost()
  #source: Source
  /** Lines that were written, and what stands behind the last end of a line. */
  written = 0
  #open = ''
  #rotations = 0
  #uncommitted: SourceRecord[] = []
  /** Numbers in the order in which they came, each as often as it came. */
  readonly seen: number[] = []
  readonly ids = new Map<number, string>()

  constructor(folder: TestFolder) {
    this.#folder = folder
    this.#source = this.#begin()
  }

  get #path(): string {
    return this.#folder.at('app.log')
  }

  #begin(): Source {
    return this.#host.open(connector, { paths: [this.#path], pollMs: 1 })
  }

  /** The file is there and has been looked at. */
  async begin(): Promise<void> {
    await writeFile(this.#path, '')
    await this.take({ kind: 'read', recordsMax: 1 })
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'append': {
        const numbers = Array.from({ length: step.lines }, () => ++this.written)
        const text = this.#open + numbers.join('\n')
        await appendFile(this.#path, text)
        this.#open = '\n'
        if (!step.isCut) await this.#finishLine()
        return
      }
      case 'rotate': {
        await this.#finishLine()
        await appendFile(this.#path, '')
        for (let n = this.#rotations; n >= 1; n--) {
          await rename(`${this.#path}.${n}`, `${this.#path}.${n + 1}`)
        }
        await rename(this.#path, `${this.#path}.1`)
        await writeFile(this.#path, '')
        this.#rotations++
        return
      }
      case 'read':
        await this.read(step.recordsMax, AbortSignal.timeout(10)).catch(() => {})
        return
      case 'reopen': {
        const count = Math.floor(this.#uncommitted.length * step.committed)
        await this.#source.commit(this.#uncommitted.slice(0, count))
        await this.#source[Symbol.asyncDispose]()
        this.#uncommitted = []
        this.#source = this.#begin()
      }
    }
  }

  async read(recordsMax: number, signal: AbortSignal): Promise<void> {
    const records = await this.#source.read({ recordsMax, bytesMax: 1_000_000 }, signal)
    this.#uncommitted.push(...records)
    for (const { event, id } of records) {
      const number = eventOf(event).data as number
      expect(this.ids.get(number) ?? id, `the id of ${number}`).toBe(id)
      this.ids.set(number, id)
      this.seen.push(number)
    }
  }

  /** Reads until all lines have come. */
  async finish(): Promise<void> {
    await this.#finishLine()
    const signal = AbortSignal.timeout(10_000)
    while (this.ids.size < this.written) await this.read(100, signal)
  }

  async #finishLine(): Promise<void> {
    if (this.#open !== '') await appendFile(this.#path, this.#open)
    this.#open = ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]()
    await this.#folder[Symbol.asyncDispose]()
  }
}

test('whatever happens to a file, every line comes, in order, with one id however often it comes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
      await using world = new World(await TestFolder.make())
      await world.begin()
      for (const each of steps) await world.take(each)
      await world.finish()

      const firsts = [...world.ids.keys()]
      expect(firsts).toEqual(Array.from({ length: world.written }, (_, index) => index + 1))
      for (const [index, number] of world.seen.slice(1).entries()) {
        // One step further, or back to where it was broken off.
        expect(number).toBeLessThanOrEqual((world.seen[index] ?? 0) + 1)
      }
    }),
    { numRuns: 40 },
  )
}, 60_000)
