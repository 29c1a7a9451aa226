import { FakeClock } from '@millrace/spi/conformance'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createIdentity, type IdentitySource, leastPrivilege, SecretBox } from '../auth/index.ts'
import { arnOf } from '../http/index.ts'
import {
  emptySnapshot,
  needsOfRule,
  needsOfStream,
  type RuleSpec,
  type SinkSpec,
  type StreamSpec,
} from '../resources/index.ts'
import { WiringRoles } from './wiring-roles.ts'

const account = '1'
const region = 'local'
const secrets = new SecretBox(Buffer.alloc(32, 5))
const name = fc.constantFrom('a', 'b', 'a.b', 'orders')

const sink: fc.Arbitrary<SinkSpec> = fc.oneof(
  fc.record({ function: name }),
  fc.record({ bus: name }),
  fc.record({ queue: name }),
  fc.record({ topic: name }),
  fc.record({ connector: fc.constantFrom('http', 'kafka'), options: fc.constant({}) }),
  fc.record({ connector: fc.constant('kafka'), instance: name, options: fc.constant({}) }),
)
const target = fc.record({ sink, deadLetter: sink }, { requiredKeys: ['sink'] })
const rule = fc.record({ targets: fc.array(target, { minLength: 1, maxLength: 5 }) })
const stream = fc.record(
  {
    source: fc.record({ connector: fc.constant('kafka'), instance: name }, { requiredKeys: ['connector'] }),
    functions: fc.array(fc.record({ function: name }), { maxLength: 3 }),
    sink,
    deadLetter: sink,
  },
  { requiredKeys: ['source', 'functions', 'sink'] },
)

/** Whether a role with exactly these statements is enough; the check is the one of the control plane. */
function isEnough(statements: readonly object[], check: (roles: WiringRoles) => void): boolean {
  const trust = {
    Version: '1',
    Statement: {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Service: ['eventbridge.aliyuncs.com'] },
    },
  }
  const document = { Version: '1', Statement: statements }
  const policies = statements.length === 0 ? [] : ['p']
  const role = { account, name: 'r', createdAtMs: 1, spec: { policies, trust, sessionSecondsMax: 3_600 } }
  const source: IdentitySource = {
    ...emptySnapshot,
    roles: new Map([['1/r', role]]),
    policies: new Map([['1/p', { spec: { document } }]]),
  }
  const clock = new FakeClock()
  const identity = createIdentity({ roots: [], source: () => source, secrets, clock })
  const roles = new WiringRoles({
    roles: () => identity.roles,
    snapshot: () => emptySnapshot,
    region,
    requireRoles: true,
  })
  try {
    check(roles)
    return true
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'role.insufficient' })
    return false
  }
}

test('a generated policy is enough for its wiring, and without any part of it the wiring is refused', () => {
  const wired = fc.oneof(
    rule.map(given => {
      const spec = { ...given, role: 'r' } as unknown as RuleSpec
      return { needs: needsOfRule(spec), check: (roles: WiringRoles) => roles.checkRule(account, spec) }
    }),
    stream.map(given => {
      const spec = { ...given, role: 'r' } as unknown as StreamSpec
      return { needs: needsOfStream(spec), check: (roles: WiringRoles) => roles.checkStream(account, spec) }
    }),
  )
  fc.assert(
    fc.property(wired, ({ needs, check }) => {
      const accesses = needs.map(({ action, resource }) => ({
        action,
        resource: arnOf(action, resource, { region, account }),
      }))
      const all = leastPrivilege(accesses)?.Statement ?? []
      expect(isEnough(all, check)).toBe(true)
      for (const [index, statement] of all.entries()) {
        for (const resource of statement.Resource) {
          const rest = { ...statement, Resource: statement.Resource.filter(other => other !== resource) }
          const others = all.filter((_, place) => place !== index)
          const lacking = rest.Resource.length === 0 ? others : [...others, rest]
          expect(isEnough(lacking, check), `without ${resource}`).toBe(false)
        }
      }
    }),
    { numRuns: 150 },
  )
})

test('what has no role is refused where roles are required, and let be where they are not', () => {
  const roles = { refusal: () => undefined, has: () => false, credentials: () => undefined }
  const of = (requireRoles: boolean) =>
    new WiringRoles({ roles: () => roles, snapshot: () => emptySnapshot, region, requireRoles })
  const target = { id: 't', sink: { queue: 'q' } }
  const without = { targets: [target] } as unknown as RuleSpec
  const within = { targets: [{ ...target, role: 'r' }] } as unknown as RuleSpec
  const partly = { targets: [{ ...target, role: 'r', deadLetter: { queue: 'q' } }] } as unknown as RuleSpec
  const required = expect.objectContaining({ code: 'role.required' })
  for (const spec of [without, partly]) {
    expect(() => of(true).checkRule(account, spec)).toThrow(required)
    expect(() => of(false).checkRule(account, spec)).not.toThrow()
  }
  expect(() => of(true).checkRule(account, within)).not.toThrow()
})
