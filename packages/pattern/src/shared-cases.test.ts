import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { compile, matches, PatternError, type Dialect } from './index.ts'

/**
 * Public case collections lie beside a development checkout. They are no part of the repository, so their absence is a skip.
 */
const folder = fileURLToPath(new URL('../../../../shared/cases/', import.meta.url))
const files = ['patterns-localstack.json', 'patterns-alibaba-docs.json']

interface SharedCase {
  readonly id: string
  readonly patternText: string
  readonly eventText: string
  readonly expect: boolean | 'invalid'
  readonly oracle: { readonly rocketmqEventBridge: boolean | 'invalid' }
  readonly class: 'agreed' | 'aws-only' | 'alibaba-only' | 'dialect-diff'
}

type Answer = boolean | 'invalid'

function answers(dialect: Dialect, { patternText, eventText }: SharedCase): Answer[] {
  const bytes = new TextEncoder().encode(eventText)
  const asks = [
    () => matches(patternText, bytes, { dialect }),
    () => matches(patternText, JSON.parse(eventText) as object, { dialect }),
    () => compile([['rule', patternText]], { dialect }).match(bytes).length === 1,
  ]
  return asks.map(ask => {
    try {
      return ask()
    } catch (error) {
      if (error instanceof PatternError) return 'invalid'
      throw error
    }
  })
}

function expectation(dialect: Dialect, shared: SharedCase): Answer | null {
  if (shared.class === 'agreed') return shared.expect
  if (dialect === 'standard') return shared.class === 'alibaba-only' ? null : shared.expect
  if (shared.class === 'dialect-diff') return shared.oracle.rocketmqEventBridge
  return shared.class === 'alibaba-only' ? shared.expect : null
}

for (const file of files) {
  describe.skipIf(!existsSync(folder + file))(`the public cases of ${file}`, () => {
    const { cases } = existsSync(folder + file)
      ? (JSON.parse(readFileSync(folder + file, 'utf8')) as { cases: SharedCase[] })
      : { cases: [] }
    for (const dialect of ['standard', 'aliyun'] as const) {
      test(`all hold in the dialect ${dialect}`, () => {
        const wrong = cases.flatMap(shared => {
          const expected = expectation(dialect, shared)
          if (expected === null) return []
          const got = answers(dialect, shared)
          return got.every(answer => answer === expected) ? [] : [{ id: shared.id, expected, got }]
        })
        expect(wrong).toEqual([])
      })
    }
  })
}
