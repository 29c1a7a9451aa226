export { applyCommand } from './apply.ts'
export { destroyCommand } from './destroy.ts'
export { devCommand } from './dev.ts'
export { exportCommand, schemaCommand } from './export.ts'
export { getCommand } from './get.ts'
export { layerCommand } from './layer/index.ts'
export { fnCommand } from './fn/index.ts'
export {
  groupCommand,
  keyCommand,
  policyCommand,
  roleCommand,
  sessionCommand,
  userCommand,
} from './identity/index.ts'
export { importCommand } from './import.ts'
export { instanceCommand } from './instance/index.ts'
export { diffCommand, planCommand } from './plan.ts'
export { queueCommand } from './queue/index.ts'
export { quotaCommand } from './quota/index.ts'
export { runtimeCommand } from './runtime/index.ts'
export { sendCommand } from './send.ts'
export { startCommand } from './start.ts'
export { streamCommand } from './stream/index.ts'
export { tailCommand } from './tail.ts'
export { traceCommand } from './trace.ts'
export { testPatternCommand } from './test-pattern.ts'
