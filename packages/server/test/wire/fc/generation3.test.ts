import { afterAll, beforeAll, expect, test } from 'vitest'
import { functionComputeInterfaces } from '../../../src/http/index.ts'
import { Exercised } from '../exercised.ts'
import { client3Actions } from './fixture.ts'
import { accountTests } from './generation3/account.ts'
import { asynchronousTests } from './generation3/asynchronous.ts'
import { callsTests } from './generation3/calls.ts'
import { capacityTests } from './generation3/capacity.ts'
import { domainsTests } from './generation3/domains.ts'
import { functionsTests } from './generation3/functions.ts'
import { layersTests } from './generation3/layers.ts'
import { triggersTests } from './generation3/triggers.ts'
import { versionsTests } from './generation3/versions.ts'
import { refusedCode, Stage } from './generation3/stage.ts'

const table = functionComputeInterfaces.find(({ client }) => client.startsWith('@alicloud/fc20230330'))
if (table === undefined) throw new Error('there is no table')
const exercised = new Exercised(table, refusedCode)
const stage = new Stage(exercised)

beforeAll(() => stage.start())
afterAll(() => stage.stop())

// In this order: the functions, versions and settings of one group are there for the next.
functionsTests(stage)
callsTests(stage)
versionsTests(stage)
triggersTests(stage)
asynchronousTests(stage)
capacityTests(stage)
layersTests(stage)
domainsTests(stage)
accountTests(stage)

test('the table says of every action of the client what became of it', () => {
  expect(exercised.contradictions(client3Actions)).toEqual([])
})
