import { repositoryRoot } from '../process/index.ts'
import { readTestArguments } from './test-arguments.ts'
import { runTests } from './run-tests.ts'

const verdict = await runTests({
  root: repositoryRoot,
  arguments: readTestArguments(process.argv.slice(2)),
  requiredServices: process.env['MILLRACE_REQUIRE_SERVICES'],
  print: line => console.log(line),
})
// A handle that a test left open must neither hold up the run nor change its verdict.
process.exit(verdict.ok ? 0 : 1)
