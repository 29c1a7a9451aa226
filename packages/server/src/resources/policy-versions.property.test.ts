import fc from 'fast-check'
import { expect, test } from 'vitest'
import { completeVersions, listVersions, policyVersionsMax, type VersionedPolicy } from './policy-versions.ts'

const documents = fc.array(fc.record({ n: fc.nat(3) }, { noNullPrototype: true }), {
  minLength: 1,
  maxLength: 20,
})

/** What should be there after these documents were written one after the other: each that differs from the one before it. */
function expected(written: readonly object[]): { id: string; document: object }[] {
  const all: { id: string; document: object }[] = []
  for (const document of written) {
    const last = all.at(-1)
    if (last !== undefined && JSON.stringify(last.document) === JSON.stringify(document)) continue
    all.push({ id: `v${all.length + 1}`, document })
  }
  return all.slice(-policyVersionsMax)
}

test('each document that differs is a version in force, the newest five stay, and no number is used twice', () => {
  fc.assert(
    fc.property(documents, fc.boolean(), (written, isReadBefore) => {
      let spec: VersionedPolicy | undefined
      for (const [index, document] of written.entries()) {
        const before = spec === undefined ? undefined : { spec, createdAtMs: 0 }
        // Who changes what was read sends the versions back; it is the same change.
        const given = isReadBefore && spec !== undefined ? { ...spec, document } : { document }
        spec = completeVersions(given, before, index)
      }
      const versions = listVersions(spec ?? { document: {} }, 0)
      expect(versions.map(({ id, document }) => ({ id, document }))).toEqual(expected(written))
      expect(versions.filter(({ isDefault }) => isDefault)).toEqual([versions.at(-1)])
      expect(spec?.document).toEqual(written.at(-1))
    }),
  )
})

test('versions that cannot be are refused', () => {
  const document = { Version: '1' }
  const kept = { id: 'v1', createdAtMs: 0, document }
  const twice = { default: 'v1', createdAtMs: 0, next: 3, kept: [kept] }
  const ahead = { default: 'v7', createdAtMs: 0, next: 3, kept: [kept] }
  for (const versions of [twice, ahead]) {
    expect(() => completeVersions({ document, versions }, undefined, 0)).toThrow(
      expect.objectContaining({ code: 'identity.invalid' }),
    )
  }
})
