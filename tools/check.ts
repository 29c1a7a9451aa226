import { repositoryRoot, runCommand } from './process/index.ts'
import { runSteps, staticSteps, unitTests } from './steps/index.ts'

const onlyStatic = process.argv.includes('--static')
const results = await runSteps({
  steps: onlyStatic ? staticSteps : [...staticSteps, unitTests],
  run: step => runCommand(step.command, step.args, { folder: repositoryRoot, live: step === unitTests }),
  print: line => console.log(line),
  nowMs: () => performance.now(),
})
process.exitCode = results.every(result => result.status === 0) ? 0 : 1
