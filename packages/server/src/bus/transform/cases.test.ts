import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { TransformSpec } from '../../resources/index.ts'
import { compileTransform } from './index.ts'

interface Case {
  readonly id: string
  readonly class: string
  readonly form: 'JSONPATH' | 'TEMPLATE'
  readonly value: string
  readonly template?: string
  readonly eventText: string
  readonly expect: { readonly text?: string; readonly json?: unknown }
}

// A public suite that lies beside the checkout where it is developed; elsewhere these tests are left out.
const file = new URL('../../../../../../shared/cases/transforms-localstack.json', import.meta.url)
const cases: Case[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).cases : []

describe.skipIf(cases.length === 0)(
  'public transform cases (left out where the shared cases are absent)',
  () => {
    test.each(cases.filter(item => item.class === 'agreed'))('$id', item => {
      const spec: TransformSpec =
        item.form === 'JSONPATH'
          ? { form: 'JSONPATH', value: item.value }
          : { form: 'TEMPLATE', value: JSON.parse(item.value), template: item.template ?? '' }
      const result = compileTransform(spec).apply(new TextEncoder().encode(item.eventText))
      const text = new TextDecoder().decode(result?.bytes)
      const wanted = item.expect.text ?? item.expect.json
      expect(item.expect.text === undefined ? JSON.parse(text) : text).toEqual(wanted)
    })
  },
)
