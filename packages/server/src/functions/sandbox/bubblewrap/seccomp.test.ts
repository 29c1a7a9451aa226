import { assert } from '@millrace/spi'
import { expect, test } from 'vitest'
import { seccompFilter } from './seccomp.ts'
import { systemCalls } from './system-calls.ts'

interface Call {
  readonly architecture: number
  readonly number: number
  readonly arguments?: readonly [number, number]
}

/** Runs the filter as the kernel would; the oracle of its jumps. */
function verdict(program: Uint8Array, call: Call): number {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength)
  const [first = 0, second = 0] = call.arguments ?? []
  const data = new Map([
    [0, call.number],
    [4, call.architecture],
    [16, first],
    [24, second],
  ])
  let accumulator = 0
  for (let at = 0; ; at++) {
    assert(at * 8 < program.byteLength, 'a filter ends with an answer')
    const code = view.getUint16(at * 8, true)
    const value = view.getUint32(at * 8 + 4, true)
    if (code === 0x06) return value
    if (code === 0x20) {
      const loaded = data.get(value)
      assert(loaded !== undefined, 'only known fields are loaded')
      accumulator = loaded >>> 0
      continue
    }
    const holds =
      code === 0x15
        ? accumulator === value
        : code === 0x35
          ? accumulator >= value
          : (accumulator & value) !== 0
    at += view.getUint8(at * 8 + (holds ? 2 : 3))
  }
}

const allow = 0x7fff_0000
const refused = 0x0005_0001

for (const [name, calls] of systemCalls) {
  const program = seccompFilter(calls)
  const answer = (number: number, ...args: [number, number] | []): number =>
    verdict(program, { architecture: calls.audit, number, ...(args.length === 0 ? {} : { arguments: args }) })

  test(`${name}: each dangerous call is refused, and all that programs need is allowed`, () => {
    for (const number of calls.refused) expect(answer(number)).toBe(refused)
    const special = new Set([...calls.refused, calls.clone, calls.clone3, calls.ioctl, calls.socket])
    for (let number = 0; number < 600; number++) {
      if (!special.has(number)) expect(answer(number)).toBe(allow)
    }
  })

  test(`${name}: processes and threads can be made, namespaces cannot`, () => {
    expect(answer(calls.clone, 17, 0)).toBe(allow)
    expect(answer(calls.clone, 0x003d_0f00, 0)).toBe(allow)
    for (const flag of [
      0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
    ]) {
      expect(answer(calls.clone, flag | 17, 0)).toBe(refused)
    }
    expect(answer(calls.clone3)).toBe(0x0005_0026)
  })

  test(`${name}: sockets of the usual families alone, and nothing typed into a terminal`, () => {
    for (const family of [1, 2, 10, 16]) expect(answer(calls.socket, family, 0)).toBe(allow)
    for (const family of [17, 38, 40]) expect(answer(calls.socket, family, 0)).toBe(0x0005_0061)
    expect(answer(calls.ioctl, 0, 0x5401)).toBe(allow)
    expect(answer(calls.ioctl, 0, 0x5412)).toBe(refused)
  })

  test(`${name}: calls of another architecture end the process`, () => {
    expect(verdict(program, { architecture: 0x4000_0003, number: 1 })).toBe(0x8000_0000)
  })
}
