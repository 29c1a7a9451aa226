export { flagTable, mainOption, type OptionFlag, optionFlags } from './flags.ts'
export { type OptionSource, type ParsedFlags, parseAssignments, parseFlags } from './parse.ts'
