import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { systemClock } from '@millrace/spi'
import { createIdentity, type Identity, type IdentitySource, SecretBox } from '@millrace/server/engine'
import { Histogram } from '../harness/index.ts'
import type { Scenario, ScenarioRow } from '../scenario.ts'
import { asked, decisive, documents, principalOf, statements } from './documents.ts'

const goalMicros = 20
const goalMiB = 100
const statementCount = 100
const userCount = 10_000
const roleCount = 1_000
const facts = { peer: '203.0.113.9', isSecure: false, userAgent: undefined }

/** What it costs to know whether somebody may, and to know a great many of them. */
export const scenario: Scenario = {
  name: 'policy',
  title: 'Deciding by policies',
  compared: `One decision over ${statementCount} statements of which the last allows, and the memory of ${userCount} users and ${roleCount} roles.`,
  goal: `p50 < ${goalMicros} µs, < ${goalMiB} MB`,
  run: context => {
    const rounds = context.quick ? 20_000 : 200_000
    context.log('decisions')
    const rows = decisionRows(rounds)
    context.log('memory')
    return Promise.resolve({
      rows: [...rows, ...memoryRows()],
      notes: ['memory is that of the heap after collection, everything compiled'],
    })
  },
}

function decisionRows(rounds: number): ScenarioRow[] {
  const secrets = new SecretBox(Buffer.alloc(32, 1))
  const source = documents(1, 0, text => secrets.seal(text))
  // Policies have a limit of characters: the statements are spread over as many as that takes.
  const names = Array.from({ length: 10 }, (_, index) => `part-${index}`)
  for (const [index, name] of names.entries()) {
    const own = statements(statementCount / 10, index * 10)
    const Statement = index === 9 ? [...own.slice(1), decisive] : own
    source.policies.set(`1000000000000001/${name}`, { spec: { document: { Version: '1', Statement } } })
  }
  source.users.set('1000000000000001/user-0', { spec: { policies: names, groups: [] } })
  const { authorizer } = identityOf(source as unknown as IdentitySource, secrets)
  const principal = principalOf('user', 0)
  const measure = (taken: Histogram, count: number): void => {
    for (let turn = 0; turn < count; turn++) {
      const from = process.hrtime.bigint()
      const refusal = authorizer.refusal(principal, [asked], facts)
      taken.record(Number(process.hrtime.bigint() - from))
      if (refusal !== undefined) throw refusal
    }
  }
  measure(new Histogram(), rounds / 10)
  const taken = new Histogram()
  measure(taken, rounds)
  const { p50, p99 } = taken.summary(1_000)
  return [
    {
      label: `${statementCount} statements, p50`,
      value: p50,
      unit: 'µs',
      goal: `< ${goalMicros} µs`,
      met: p50 < goalMicros,
    },
    { label: '  p99', value: p99, unit: 'µs' },
  ]
}

function memoryRows(): ScenarioRow[] {
  const before = heapBytes()
  const secrets = new SecretBox(Buffer.alloc(32, 1))
  const source = documents(userCount, roleCount, text => secrets.seal(text))
  const identity = identityOf(source as unknown as IdentitySource, secrets)
  for (const id of source.accessKeys.keys()) identity.keys.find(id)
  const everybody = [
    ...Array.from({ length: userCount }, (_, index) => principalOf('user', index)),
    ...Array.from({ length: roleCount }, (_, index) => principalOf('role', index)),
  ]
  const from = process.hrtime.bigint()
  for (const principal of everybody) identity.authorizer.refusal(principal, [asked], facts)
  const firstMicros = Number(process.hrtime.bigint() - from) / everybody.length / 1_000
  const taken = (heapBytes() - before) / 1e6
  // Whoever is measured must still be there.
  if (identity.keys.accounts.length > 0 || source.users.size !== userCount)
    throw new Error('not what was made')
  return [
    {
      label: `${userCount} users with keys, ${roleCount} roles`,
      value: taken,
      unit: 'MB',
      goal: `< ${goalMiB} MB`,
      met: taken < goalMiB,
    },
    { label: '  first decision of each, policies compiled', value: firstMicros, unit: 'µs' },
  ]
}

function identityOf(source: IdentitySource, secrets: SecretBox): Identity {
  return createIdentity({ roots: [], source: () => source, secrets, clock: systemClock })
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
