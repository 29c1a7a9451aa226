import { FakeClock } from '@millrace/spi/conformance'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Deployment, type FunctionSpec, type FunctionView, functionView } from '../../resources/index.ts'
import type { Lease, Pool } from './pool.ts'
import { defaultPoolsLimits, Pools } from './pools.ts'
import { type Simulated, simulatedInstance } from './simulated-instance.fixture.ts'

const instancesMax = 6
const idleMsMax = 1_000
const limits = {
  ...defaultPoolsLimits,
  instancesMax,
  idleMsMax,
  growth: { burstInstances: 1_000, growthPerMinute: 1_000 },
}

const name = fc.constantFrom('a', 'b', 'c')
const version = fc.constantFrom('LATEST', '1')
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('call' as const), name, version }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), at: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('give-up' as const), at: fc.nat(50) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 1_500 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('change' as const), name }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      name,
      count: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('provide' as const),
      name,
      count: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const), at: fc.nat(50) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function viewOf(functionName: string, revision: number, before?: FunctionView): FunctionView {
  const spec = {
    handler: `h${revision}`,
    concurrencyPerInstance: functionName === 'c' ? 2 : 1,
    instancesMax: functionName === 'a' ? 2 : 5,
    initializerTimeoutMs: 1_000,
  } as FunctionSpec
  const view = functionView('acc', functionName, { spec, revision, createdAtMs: 0, updatedAtMs: 0 })
  const deployment = before?.versions.get('1')?.deployment ?? {
    ...view.latest,
    version: '1',
    key: `${view.key}@1`,
  }
  return {
    ...view,
    versions: new Map([['1', { version: '1', description: '', createdAtMs: 0, deployment }]]),
    reservedInstances: before?.reservedInstances,
  }
}

/** The pools with calls in all states, and what must hold of them whenever nothing is under way. */
class World {
  readonly clock = new FakeClock()
  readonly functions = new Map<string, FunctionView>()
  readonly held: Lease[] = []
  readonly waiting = new Set<AbortController>()
  readonly simulated: Simulated[] = []
  readonly faults: string[] = []
  readonly provided = new Map<string, number>()
  readonly pools: Pools
  #count = 0

  constructor() {
    for (const each of ['a', 'b', 'c']) this.functions.set(`acc/${each}`, viewOf(each, 1))
    const starter = {
      startMsMax: () => 1_000,
      start: async (deployment: Deployment) => {
        this.#checkStart(deployment)
        const simulated = await simulatedInstance(`i${this.#count++}`, this.clock)
        this.simulated.push(simulated)
        return { instance: simulated.instance, phases: { codeMs: 0, runtimeMs: 0, initializeMs: 0 } }
      },
    }
    this.pools = new Pools(starter, this.clock, limits, () => {})
    this.pools.follow(this.functions)
  }

  view(functionName: string): FunctionView {
    return this.functions.get(`acc/${functionName}`) as FunctionView
  }

  async take(each: Step): Promise<void> {
    if (each.kind === 'call') this.#call(each.name, each.version)
    else if (each.kind === 'release')
      this.held.splice(each.at % Math.max(1, this.held.length), 1)[0]?.release()
    else if (each.kind === 'give-up') [...this.waiting][each.at % Math.max(1, this.waiting.size)]?.abort()
    else if (each.kind === 'advance') await this.clock.advance(each.ms)
    else if (each.kind === 'kill')
      this.simulated[each.at % Math.max(1, this.simulated.length)]?.instance.kill()
    else if (each.kind === 'provide') this.provided.set(each.name, each.count)
    else this.#change(each)
    this.#provide()
    await settle()
  }

  /** A place that nobody holds is not passed by. */
  #checkStart(deployment: Deployment): void {
    const pool = this.#poolOf(deployment)
    if (pool === undefined || pool.provision.instances >= pool.serving) return
    const { concurrencyPerInstance } = deployment.spec
    const places = pool.instances().length * concurrencyPerInstance
    if (pool.leased < places)
      this.faults.push(`${deployment.key} starts beside ${places - pool.leased} free places`)
  }

  #poolOf(deployment: Deployment): Pool | undefined {
    return this.pools.find(deployment.functionKey).find(pool => pool.deployment.key === deployment.key)
  }

  #call(functionName: string, wanted: string): void {
    const view = this.view(functionName)
    const deployment = wanted === '1' ? view.versions.get('1')?.deployment : view.latest
    if (deployment === undefined) return
    const gone = new AbortController()
    this.waiting.add(gone)
    void this.pools
      .of(view, deployment)
      .lease('r', 1, gone.signal)
      .then(
        lease => this.held.push(lease),
        () => undefined,
      )
      .finally(() => this.waiting.delete(gone))
  }

  #change(each: Extract<Step, { kind: 'change' | 'reserve' }>): void {
    const before = this.view(each.name)
    const next =
      each.kind === 'change'
        ? viewOf(each.name, before.revision + 1, before)
        : { ...before, reservedInstances: each.count === 3 ? undefined : each.count }
    this.functions.set(before.key, next)
    this.pools.follow(this.functions)
  }

  #provide(): void {
    const wanted = new Map(
      [...this.provided].map(([functionName, instances]) => [
        this.view(functionName).latest,
        { instances, overflow: true },
      ]),
    )
    this.pools.provide(wanted, this.functions)
  }

  check(): void {
    expect(this.faults).toEqual([])
    expect(this.pools.instances).toBeLessThanOrEqual(instancesMax)
    for (const pool of this.pools.all()) {
      const { concurrencyPerInstance } = pool.deployment.spec
      const places = pool.instances().length * concurrencyPerInstance
      expect(pool.leased).toBeLessThanOrEqual(this.held.length)
      if (pool.waiting > 0) expect(pool.leased).toBeGreaterThanOrEqual(places)
      this.#checkKept(pool)
    }
  }

  /** What is to be kept is there, unless the function or the server has no room for it. */
  #checkKept(pool: Pool): void {
    if (pool.serving >= pool.provision.instances) return
    const view = this.functions.get(pool.deployment.functionKey)
    const family = this.pools.find(pool.deployment.functionKey)
    const serving = family.reduce((sum, sibling) => sum + sibling.serving, 0)
    const functionFull = serving >= (view?.reservedInstances ?? view?.spec.instancesMax ?? 0)
    expect(functionFull || !this.pools.hasRoomFor(pool)).toBe(true)
  }

  async end(): Promise<void> {
    for (const lease of this.held.splice(0)) lease.release()
    const forced = new AbortController()
    const closing = this.pools.close(forced.signal)
    await settle()
    forced.abort()
    await closing
    expect(this.pools.instances).toBe(0)
    expect(this.waiting.size).toBe(0)
    expect(this.clock.pending).toBe(0)
  }
}

/** Lets frames and promises run until nothing is under way. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise(resolve => setImmediate(resolve))
}

test('whatever comes, no limit is passed, no free place is overlooked, and nothing is left at the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async steps => {
      const world = new World()
      for (const each of steps) {
        await world.take(each)
        world.check()
      }
      await world.end()
    }),
    { numRuns: 60 },
  )
}, 60_000)
