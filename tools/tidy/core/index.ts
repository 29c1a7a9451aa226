export * from '../../source/index.ts'
export * from './finding.ts'
export * from './plant.ts'
export * from './rule.ts'
