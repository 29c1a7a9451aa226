import type { OptionSchema } from '@millrace/sdk'
import { describe, expect, test } from 'vitest'
import { mainOption, optionFlags, parseAssignments, parseFlags } from './index.ts'

const schema: OptionSchema = {
  type: 'object',
  properties: {
    bootstrap: { type: 'array', items: { type: 'string' }, description: 'Brokers.' },
    clientId: { type: 'string', default: 'millrace' },
    connectTimeoutMs: { type: 'integer' },
    ratio: { anyOf: [{ type: 'string' }, { type: 'number' }] },
    headers: { type: 'object', patternProperties: { '^.*$': { type: 'string' } } },
    acks: { anyOf: [{ const: 'all' }, { const: '1' }] },
    tls: {
      type: 'object',
      properties: { serverName: { type: 'string' }, insecureSkipVerify: { type: 'boolean' } },
    },
    sasl: {
      anyOf: [
        {
          type: 'object',
          properties: {
            mechanism: { anyOf: [{ const: 'PLAIN' }, { const: 'SCRAM-SHA-256' }] },
            password: { type: 'string', secret: true },
          },
        },
        {
          type: 'object',
          properties: { mechanism: { const: 'OAUTHBEARER' }, token: { type: 'string', secret: true } },
        },
      ],
    },
  },
}

const source = {
  environment: { TOKEN: 'from-environment' },
  readFile: async (path: string) =>
    path === 'secret.txt' ? 'from-file\n' : await Promise.reject<string>(new Error('ENOENT')),
}
const parse = async (...args: string[]) => await parseFlags(schema, args, source)

describe('the flags of a schema', () => {
  test('have the names of options with hyphens, inner ones behind the outer', () => {
    expect(optionFlags(schema).map(({ flag, kind }) => [flag, kind])).toEqual([
      ['bootstrap', 'list'],
      ['client-id', 'text'],
      ['connect-timeout-ms', 'number'],
      ['ratio', 'json'],
      ['headers', 'pairs'],
      ['acks', 'text'],
      ['tls-server-name', 'text'],
      ['tls-insecure-skip-verify', 'boolean'],
      ['sasl-mechanism', 'text'],
      ['sasl-password', 'text'],
      ['sasl-token', 'text'],
    ])
  })

  test('of several forms of an option are those of all, with all their choices', () => {
    const [mechanism] = optionFlags(schema).filter(({ flag }) => flag === 'sasl-mechanism')
    expect(mechanism?.choices).toEqual(['PLAIN', 'SCRAM-SHA-256', 'OAUTHBEARER'])
    expect(
      optionFlags(schema)
        .filter(({ isSecret }) => isSecret)
        .map(({ flag }) => flag),
    ).toEqual(['sasl-password', 'sasl-token'])
  })
})

describe('flags', () => {
  test('become options of their kind, wherever the other words stand', async () => {
    expect(
      await parse(
        '--bootstrap',
        'a:1, b:2',
        'orders',
        '--connect-timeout-ms=5',
        '--tls-insecure-skip-verify',
        '--acks',
        '1',
      ),
    ).toEqual({
      operands: ['orders'],
      options: {
        bootstrap: ['a:1', 'b:2'],
        connectTimeoutMs: 5,
        tls: { insecureSkipVerify: true },
        acks: '1',
      },
    })
  })

  test('that are said again make lists and pairs grow', async () => {
    const { options } = await parse(
      '--bootstrap=a',
      '--bootstrap=b',
      '--headers',
      'x=1',
      '--headers',
      'y=2=3',
    )
    expect(options).toEqual({ bootstrap: ['a', 'b'], headers: { x: '1', y: '2=3' } })
  })

  test('say no, and read texts from files and the environment', async () => {
    const { options } = await parse(
      '--no-tls-insecure-skip-verify',
      '--sasl-password-file',
      'secret.txt',
      '--sasl-token-env=TOKEN',
    )
    expect(options).toEqual({
      tls: { insecureSkipVerify: false },
      sasl: { password: 'from-file', token: 'from-environment' },
    })
  })

  test.each([
    [['--boostrap', 'a'], 'did you mean --bootstrap?'],
    [['--zzzzzzzz', 'a'], 'there are --bootstrap, --client-id'],
    [['--client-id'], '--client-id wants a value'],
    [['--connect-timeout-ms', 'soon'], 'must be a number'],
    [['--acks', '2'], 'acks is one of all, 1'],
    [['--headers', 'x'], 'NAME=TEXT'],
    [['--sasl-password-file', 'none'], 'none cannot be read'],
    [['--sasl-token-env', 'NONE'], 'the variable NONE is not set'],
    [['--no-client-id'], 'there is no flag --no-client-id'],
  ])('%j are refused: %s', async (args, message) => {
    await expect(parse(...args)).rejects.toThrow(message)
  })

  test('that do not fit are refused without their value', async () => {
    const failure = await parse('--connect-timeout-ms', 'planted').catch((thrown: unknown) => String(thrown))
    expect(failure).not.toContain('planted')
  })
})

test('assignments name options by their paths', () => {
  expect(parseAssignments(schema, ['clientId=a=b', 'tls.serverName=x', 'ratio=0.5'])).toEqual({
    clientId: 'a=b',
    tls: { serverName: 'x' },
    ratio: 0.5,
  })
  expect(() => parseAssignments(schema, ['tls.servername=x'])).toThrow('did you mean tls.serverName?')
  expect(() => parseAssignments(schema, ['clientId'])).toThrow('clientId wants a value')
})

test('the main option is the first that must be given and does not say where the system is', () => {
  const options: OptionSchema = {
    required: ['endpoint', 'topic', 'group'],
    properties: {
      endpoint: {},
      group: { default: 'g' },
      start: { type: 'string' },
      topic: { type: 'string' },
    },
  }
  expect(mainOption(options, { properties: { endpoint: {} } })).toBe('topic')
  expect(
    mainOption({ properties: { endpoint: {}, a: { type: 'string' } } }, { properties: { endpoint: {} } }),
  ).toBe('a')
  expect(mainOption({ properties: {} }, undefined)).toBeUndefined()
})
