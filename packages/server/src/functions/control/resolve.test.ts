import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Deployment, type FunctionView, functionView } from '../../resources/index.ts'
import type { FunctionSpec } from '../../resources/index.ts'
import { resolveDeployment } from './resolve.ts'

/** The decision reads nothing of the specification. */
const record = { spec: { description: '' } as FunctionSpec, revision: 7, createdAtMs: 0, updatedAtMs: 0 }

function viewWith(versions: readonly string[], aliases: FunctionView['aliases'] = new Map()): FunctionView {
  const view = functionView('main', 'f', record)
  const deployment = (version: string): Deployment => ({ ...view.latest, version, key: `main/f@${version}` })
  return {
    ...view,
    versions: new Map(
      versions.map(version => [
        version,
        { version, description: '', createdAtMs: 0, deployment: deployment(version) },
      ]),
    ),
    aliases,
  }
}

function alias(version: string, canary?: { version: string; weight: number }): FunctionView['aliases'] {
  const spec = { description: '', version, ...(canary === undefined ? {} : { canary }) }
  return new Map([['prod', { name: 'prod', spec, revision: 1, createdAtMs: 0, updatedAtMs: 0 }]])
}

const never = {
  next: (): number => {
    throw new Error('nothing is drawn here')
  },
}

describe('a qualifier', () => {
  test('that is absent or LATEST means the form that can be changed', () => {
    const view = viewWith(['1'])
    expect(resolveDeployment(view, undefined, never)).toBe(view.latest)
    expect(resolveDeployment(view, 'LATEST', never)).toBe(view.latest)
  })

  test('of digits means a version, and never an alias', () => {
    const view = viewWith(['1', '2'])
    expect(resolveDeployment(view, '2', never)).toBe(view.versions.get('2')?.deployment)
    expect(() => resolveDeployment(view, '3', never)).toThrow(
      expect.objectContaining({ code: 'function.version-not-found' }),
    )
  })

  test('that is nothing else must be an alias that exists', () => {
    expect(() => resolveDeployment(viewWith([]), 'prod', never)).toThrow(
      expect.objectContaining({ code: 'function.alias-not-found' }),
    )
  })

  test('that is an alias follows it to its version, which may be gone', () => {
    const view = viewWith(['1'], alias('1'))
    expect(resolveDeployment(view, 'prod', never).version).toBe('1')
    expect(() => resolveDeployment(viewWith([], alias('1')), 'prod', never)).toThrow(
      expect.objectContaining({ code: 'function.version-not-found' }),
    )
  })

  test('that is an alias with weights goes to the other version for just that share of the draws', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(share, draw, (weight, drawn) => {
        const view = viewWith(['1', '2'], alias('1', { version: '2', weight }))
        const { version } = resolveDeployment(view, 'prod', { next: () => drawn })
        expect(version).toBe(drawn < weight ? '2' : '1')
      }),
    )
  })
})
