import type { Scenario } from '../scenario.ts'
import { coldRows } from './cold.ts'
import { httpRows } from './http.ts'
import { isolatedRows } from './isolated.ts'
import { warmRows } from './warm.ts'

/** What a call of a function costs beyond what its process costs anyway. */
export const scenario: Scenario = {
  name: 'calls',
  title: 'Calling functions',
  compared:
    'Warm calls beside a bare socket, calls over HTTP beside a bare node:http echo, first calls beside a bare process.',
  goal: 'overhead < 150 µs; ≥ 30,000 calls/s; ≥ 0.6 × bare HTTP; first call < 10 ms with a spare, < 1.5 × a process without',
  run: async context => ({
    rows: [
      ...(await warmRows(context)),
      ...(await coldRows(context)),
      ...(await isolatedRows(context)),
      ...(await httpRows(context)),
    ],
    notes: [
      'payloads of 1 KiB, Node.js functions, plain processes unless said otherwise; caller, server and function share the cores',
    ],
  }),
}
