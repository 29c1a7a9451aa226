import { duplicateMember } from '../../auth/index.ts'
import { RpcRefusal } from '../rpc-service.ts'

/** The parameters of one call, with this interface's words for what is wrong with them. */
export class Input {
  readonly #parameters: ReadonlyMap<string, string>

  constructor(parameters: ReadonlyMap<string, string>) {
    this.#parameters = parameters
  }

  /** `undefined` when it is absent or empty: clients send both for what is not said. */
  text(name: string, lengthMax: number = 1_024): string | undefined {
    const value = this.#parameters.get(name)
    if (value === undefined || value === '') return undefined
    if (value.length > lengthMax) {
      const message = `The parameter "${name}" has ${value.length} characters, at most ${lengthMax} are allowed.`
      throw new RpcRefusal(`InvalidParameter.${name}.Length`, message)
    }
    return value
  }

  /** Also an empty text, which takes away what was there; `undefined` when it is absent. */
  change(name: string, lengthMax?: number): string | undefined {
    return this.#parameters.get(name) === '' ? '' : this.text(name, lengthMax)
  }

  required(name: string, lengthMax?: number): string {
    const value = this.text(name, lengthMax)
    if (value === undefined) throw new RpcRefusal('MissingParameter', `The parameter "${name}" is needed.`)
    return value
  }

  /** The name of a user, group, role or policy. */
  name(name: string): string {
    const value = this.required(name, nameLengthMax)
    if (nameExpression.test(value)) return value
    const message = `The parameter "${name}" has letters, digits, ".", "_" and "-" only, and begins with a letter or digit.`
    throw new RpcRefusal(`InvalidParameter.${name}.InvalidChars`, message)
  }

  word<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = this.text(name)
    const found = words.find(word => word === value)
    if (value === undefined || found !== undefined) return found
    throw new RpcRefusal(`InvalidParameter.${name}`, `The parameter "${name}" is one of ${words.join(', ')}.`)
  }

  flag(name: string): boolean {
    const value = this.text(name)?.toLowerCase()
    if (value !== undefined && value !== 'true' && value !== 'false') {
      throw new RpcRefusal(`InvalidParameter.${name}`, `The parameter "${name}" is true or false.`)
    }
    return value === 'true'
  }

  whole(name: string, least: number, most: number): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const number = Number(value)
    if (/^\d{1,9}$/.test(value) && number >= least && number <= most) return number
    const message = `The parameter "${name}" is a whole number from ${least} to ${most}.`
    throw new RpcRefusal(`InvalidParameter.${name}`, message)
  }

  /** A document of the policy language, as far as it is JSON; what it says is judged when it is written. */
  document(name: string): Record<string, unknown> | undefined {
    const text = this.text(name, documentLengthMax)
    if (text === undefined) return undefined
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw malformed('It is no JSON.')
    }
    // A member that is there twice would count as its last, which could widen what the document allows.
    const twice = duplicateMember(text)
    if (twice !== undefined) throw malformed(`${twice} is there twice.`)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
    throw malformed('It is no object.')
  }

  requiredDocument(name: string): Record<string, unknown> {
    const document = this.document(name)
    if (document === undefined) throw new RpcRefusal('MissingParameter', `The parameter "${name}" is needed.`)
    return document
  }
}

const nameLengthMax = 127
const nameExpression = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
const documentLengthMax = 6_144

function malformed(reason: string): RpcRefusal {
  return new RpcRefusal('MalformedPolicyDocument', `The policy document is not valid: ${reason}`)
}
