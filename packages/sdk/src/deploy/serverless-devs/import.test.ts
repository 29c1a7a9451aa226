import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importServerlessDevs } from './import.ts'

let folder: string
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'millrace-s-'))))
afterAll(() => rm(folder, { recursive: true }))

async function imported(text: string) {
  const path = join(folder, 's.yaml')
  await writeFile(path, text)
  return await importServerlessDevs(path, { STAGE: 'test' })
}

test('functions of the component fc3 are read with their triggers, variables put in', async () => {
  const { document, leftOut } = await imported(`edition: 3.0.0
name: shop
access: default
vars: { region: cn-hangzhou, memory: 512 }
resources:
  web:
    component: fc3
    props:
      region: \${vars.region}
      functionName: web-\${env('STAGE', 'dev')}
      runtime: custom.debian10
      code: ./web
      memorySize: \${vars.memory}
      timeout: 30
      cpu: 0.35
      diskSize: 512
      instanceConcurrency: 10
      internetAccess: false
      environmentVariables: { NAME: "\${this.props.functionName}", COUNT: 3 }
      customRuntimeConfig:
        command: [node]
        args: [server.js]
        port: 9000
        healthCheckConfig: { httpGetUrl: /health, periodSeconds: 2, failureThreshold: 3 }
      instanceLifecycleConfig: { preStop: { handler: index.stop, timeout: 10 } }
      asyncInvokeConfig: { maxAsyncRetryAttempts: 2, maxAsyncEventAgeInSeconds: 3600 }
      provisionConfig: { defaultTarget: 1 }
      triggers:
        - { triggerName: web, triggerType: http, triggerConfig: { authType: anonymous, methods: [GET, POST] } }
        - { triggerName: nightly, triggerType: timer, triggerConfig: { cronExpression: "0 0 3 * * *", payload: x, enable: true } }
`)

  expect(leftOut).toEqual([])
  expect(document).toEqual({
    name: 'shop',
    functions: {
      'web-test': {
        runtime: 'custom.debian10',
        code: './web',
        memoryMiB: 512,
        timeoutMs: 30_000,
        cpu: 0.35,
        diskMiB: 512,
        concurrencyPerInstance: 10,
        network: 'off',
        environment: { NAME: 'web-test', COUNT: '3' },
        server: {
          command: ['node'],
          args: ['server.js'],
          port: 9_000,
          healthCheck: { path: '/health', periodMs: 2_000, failuresMax: 3 },
        },
        preStop: { handler: 'index.stop', timeoutMs: 10_000 },
        async: { retriesMax: 2, ageMsMax: 3_600_000 },
        scaling: { instancesMin: 1 },
        triggers: {
          web: { kind: 'http', methods: ['GET', 'POST'], auth: { kind: 'none' } },
          nightly: { kind: 'timer', schedule: '0 0 3 * * *', payload: 'x', enabled: true },
        },
      },
    },
  })
})

test('what is not taken over is told with its place', async () => {
  const { document, leftOut } = await imported(`resources:
  other: { component: oss, props: {} }
  f:
    component: devsapp/fc3@dev
    props:
      functionName: f
      handler: index.handler
      vpcConfig: auto
      layers: [acs:fc:x:layers/y/versions/1]
      description: \${config('AccountID')}
      triggers: [{ triggerType: oss, triggerConfig: { events: [] } }]
`)

  expect(document.functions).toEqual({
    f: { code: '.', handler: 'index.handler', description: "${config('AccountID')}" },
  })
  expect(leftOut).toEqual([
    'resources.other (oss): only the component fc3 can be read',
    "resources.f.props: nobody knows what ${config('AccountID')} stands for",
    'resources.f.props.layers: push them by "millrace layer push" and name them here',
    'resources.f.props.triggers[0] (oss): write a rule or a stream with the function as its target',
    'resources.f.props.vpcConfig: has no counterpart',
  ])
})

test.each([
  ['no resources', 'edition: 1.0.0\n', 'has no resources'],
  ['no name', 'resources: { f: { component: fc3, props: {} } }\n', 'resources.f.props has no functionName'],
  [
    'no number',
    'resources: { f: { component: fc3, props: { functionName: f, timeout: long } } }\n',
    'resources.f.props.timeout is "long"',
  ],
  [
    'a circle',
    'vars: { a: "${vars.a}" }\nresources: { f: { component: fc3, props: { functionName: f, timeout: "${vars.a}" } } }\n',
    'no number',
  ],
  ['no YAML', 'a: [', 's.yaml'],
])('a file with %s is refused with its place', async (_name, text, message) => {
  await expect(imported(text)).rejects.toThrow(message)
})
