import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type AddressGuard, addressGuard } from './address-guard.ts'

/** A name server that gives the answers of a list, one after the other, the last one for ever. */
function answering(...answers: readonly (readonly string[])[]): LookupFunction {
  let asked = 0
  return (_hostname, options, callback) => {
    const addresses = (answers[Math.min(asked++, answers.length - 1)] ?? []).map(address => {
      return { address, family: isIP(address) }
    })
    expect(options.all).toBe(true)
    callback(null, addresses)
  }
}

function lookup(guard: AddressGuard, all = true): Promise<string | LookupAddress[]> {
  return new Promise((resolve, reject) => {
    guard.lookup('example.test', { all }, (error, addresses) =>
      error === null ? resolve(addresses) : reject(error),
    )
  })
}

const failing: LookupFunction = (_hostname, _options, callback) => {
  callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '', 0)
}

const refused = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:169.254.169.254',
  '::ffff:10.1.2.3',
  '64:ff9b::7f00:1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'febf::1',
  'fec0::1',
  'ff02::1',
]
const allowed = [
  '1.1.1.1',
  '8.8.8.8',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.1',
  '223.255.255.255',
  '::ffff:8.8.8.8',
  '2606:4700:4700::1111',
  '2a00:1450:4001:81b::200e',
]

describe('addresses that are not public', () => {
  test.each(refused)('%s is refused when it is written in the URL', address => {
    expect(() => addressGuard(false).checkHost(address)).toThrow(
      expect.objectContaining({ code: 'sink.address-refused', retry: { kind: 'never' } }),
    )
  })

  test.each(refused)('%s is refused when a name resolves to it', async address => {
    await expect(lookup(addressGuard(false, answering([address])))).rejects.toMatchObject({
      code: 'sink.address-refused',
    })
  })

  test.each([...refused, 'localhost'])('%s passes when the operator allows private targets', address => {
    expect(() => addressGuard(true).checkHost(address)).not.toThrow()
  })
})

describe('public addresses', () => {
  test.each(allowed)('%s passes', async address => {
    const guard = addressGuard(false, answering([address]))
    expect(() => guard.checkHost(address)).not.toThrow()
    expect(await lookup(guard)).toEqual([{ address, family: isIP(address) }])
  })
})

describe('names', () => {
  test('of a mixed answer only the public addresses are used', async () => {
    const guard = addressGuard(false, answering(['127.0.0.1', '8.8.8.8', '::1', '2606:4700:4700::1111']))
    expect(await lookup(guard)).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700:4700::1111', family: 6 },
    ])
    expect(await lookup(guard, false)).toBe('8.8.8.8')
  })

  test('a name that answers differently the second time is judged again', async () => {
    const guard = addressGuard(false, answering(['8.8.8.8'], ['169.254.169.254']))
    expect(await lookup(guard)).toEqual([{ address: '8.8.8.8', family: 4 }])
    await expect(lookup(guard)).rejects.toMatchObject({ code: 'sink.address-refused' })
  })

  test('an empty answer is refused', async () => {
    await expect(lookup(addressGuard(false, answering([])))).rejects.toMatchObject({
      code: 'sink.address-refused',
    })
  })

  test('an error of the name server is passed on', async () => {
    await expect(lookup(addressGuard(false, failing))).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })
})
