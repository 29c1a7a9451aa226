/**
 * A server that is to be killed: runs one function that waits and one that computes without end, and prints their
 * process ids. Started by leftovers.test.ts with the data folder as its argument.
 */
import { chooseSandbox } from '../../src/functions/index.ts'
import { account, FunctionsBench, silentLog } from './bench.ts'

const dataFolder = process.argv[2] ?? ''
const sandbox = await chooseSandbox({ choice: 'process', dataFolder, searchPath: '', log: silentLog })
const bench = await FunctionsBench.open({ dataFolder, sandbox })
await bench.define('idle', 'exports.handler = async () => String(process.pid)')
const idle = await bench.text('idle')
await bench.define('spin', 'exports.handler = () => { console.log("own=" + process.pid); for (;;); }')
void bench.invoke('spin')
await bench.logged('spin', 'own=')
const own = bench.functions.logs(account, 'spin').find(({ stream }) => stream === 'stdout')
const spinning = own?.text.split('=')[1]
process.stdout.write(`${JSON.stringify({ idle: Number(idle), spinning: Number(spinning) })}\n`)
setInterval(() => {}, 1_000)
