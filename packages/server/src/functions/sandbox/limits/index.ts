export * from './control-groups.ts'
export * from './find-groups.ts'
export * from './mechanism.ts'
export * from './rlimits.ts'
