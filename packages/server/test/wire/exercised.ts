import type { CompatibleInterface, Verdict } from '../../src/http/index.ts'

/** How a call of a client ended: with an answer, or with the code of a refusal. */
type Ending = 'answered' | { readonly refused: string }

/**
 * Notes how the calls of a real client ended, and holds that against the table of its interface: every action was called;
 * one that works, or is stored, was answered at least once; one that is refused never was, and always with the code for it.
 */
export class Exercised {
  readonly #table: CompatibleInterface
  readonly #refusalCode: string
  readonly #endings = new Map<string, Ending[]>()

  /** `refusalCode`: what the interface answers to an action that it does not offer. */
  constructor(table: CompatibleInterface, refusalCode: string) {
    this.#table = table
    this.#refusalCode = refusalCode
  }

  /**
   * The client, with the calls of its methods noted. `actionOf` tells which action a method is; `undefined` for methods
   * that are none.
   */
  watch<Client extends object>(client: Client, actionOf: (method: string) => string | undefined): Client {
    return new Proxy(client, {
      get: (target, property) => {
        const member = Reflect.get(target, property) as unknown
        const action = typeof property === 'string' ? actionOf(property) : undefined
        if (typeof member !== 'function' || action === undefined) return member
        return (...given: unknown[]) =>
          this.note(action, () => Reflect.apply(member, target, given) as unknown)
      },
    })
  }

  /** Runs one call of an action and notes how it ended. */
  async note<Result>(action: string, call: () => Promise<Result> | Result): Promise<Result> {
    const endings = this.#endings.get(action) ?? []
    this.#endings.set(action, endings)
    try {
      const result = await call()
      endings.push('answered')
      return result
    } catch (thrown) {
      endings.push({ refused: String((thrown as { code?: unknown }).code) })
      throw thrown
    }
  }

  /** Every way in which the table and what happened differ; empty when the table tells the truth. */
  contradictions(clientActions: Iterable<string>): string[] {
    const verdicts = new Map(this.#table.actions.map(({ name, verdict }) => [name, verdict]))
    const unknown = [...new Set([...clientActions, ...this.#endings.keys()])].filter(
      name => !verdicts.has(name),
    )
    return [
      ...unknown.map(name => `${name} is not in the table`),
      ...[...verdicts].flatMap(([name, verdict]) => this.#contradiction(name, verdict)),
    ]
  }

  #contradiction(name: string, verdict: Verdict): string[] {
    const endings = this.#endings.get(name) ?? []
    if (endings.length === 0) return [`${name} was never called`]
    const isAnswered = endings.includes('answered')
    if (verdict !== 'refused') return isAnswered ? [] : [`${name} (${verdict}) was never answered`]
    const isRefused = endings.every(ending => ending !== 'answered' && ending.refused === this.#refusalCode)
    return isRefused ? [] : [`${name} (refused) ended otherwise: ${JSON.stringify(endings)}`]
  }
}
