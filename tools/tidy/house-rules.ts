import type { Rule } from './core/index.ts'
import {
  ambientRule,
  collectedTestsRule,
  defaultExportsRule,
  docLinksRule,
  doorsRule,
  errorCodesRule,
  fileNamesRule,
  fileSizeRule,
  functionLengthRule,
  lockFileRule,
  machineTextRule,
  manifestsRule,
  moduleStateRule,
  plugInsRule,
  referenceRule,
  serverLayersRule,
  type TestProject,
  testModifiersRule,
  todoRule,
  workspaceLayersRule,
} from './rules/index.ts'

/** All rules of the house; the vitest projects say where tests are looked for. */
export function houseRules(projects: readonly TestProject[]): Rule[] {
  return [
    workspaceLayersRule(),
    serverLayersRule(),
    doorsRule(),
    fileSizeRule(),
    functionLengthRule(),
    plugInsRule(),
    ambientRule(),
    moduleStateRule(),
    defaultExportsRule(),
    fileNamesRule(),
    machineTextRule(),
    manifestsRule(),
    lockFileRule(),
    testModifiersRule(),
    todoRule(),
    collectedTestsRule(projects),
    errorCodesRule(),
    referenceRule(),
    docLinksRule(),
  ]
}
